/** Carries out chat commands, as far as their senders may, and writes the answers. */
import type { JobDocument } from "../jobs/document.ts";
import type { CopyRule } from "../policy.ts";
import type { CopyRequest } from "../request/copy-request.ts";
import { type Permission, permissionFaults, policyPermission } from "../request/permission.ts";
import { allowedRules } from "../triggers/chat/access.ts";
import { answerBody, deferredBody } from "../triggers/chat/answer.ts";
import { type Command, readCommand, USAGE } from "../triggers/chat/command.ts";
import type { ChatMessage } from "../triggers/chat/message.ts";
import { jobText } from "../triggers/chat/words-of-job.ts";
import { compareQuery, compareReferences, refuseUnreadable } from "./compare.ts";
import type { OpenCall } from "./deps.ts";
import { problemOf } from "./problem.ts";

/** How long an answer waits for a copy that ends quickly, in milliseconds. Platforms wait three seconds, some of which the network takes. */
const QUICK_MS = 1_500;

/** How long a comparison may take, in milliseconds. */
const COMPARE_MS = 2_000;

/** Runs the command of an authentic message and returns the body that the platform shows. */
export async function runChatCommand(message: ChatMessage, call: OpenCall): Promise<unknown> {
  const rules = allowedRules(call.config.chat.rules[message.platform], message);
  const toUser = (text: string) => answerBody(message, text, "user");
  const read = readCommand(message.words);
  if (rules === undefined) {
    return toUser(
      `You may not do anything here. Whoever runs transship can allow it in CHAT, for the user ${message.user.id} or the channel ${message.channel}.`,
    );
  }
  if (!read.ok) {
    return toUser(`${read.fault}\n\n${USAGE}`);
  }
  return await run(read.command, message, rules, call);
}

async function run(command: Command, message: ChatMessage, rules: readonly CopyRule[], call: OpenCall): Promise<unknown> {
  const toUser = (text: string) => answerBody(message, text, "user");
  switch (command.verb) {
    case "help":
      return toUser(USAGE);
    case "copy":
      return await copy(command.request, message, rules, call);
    case "status": {
      const job = await findJob(command.job, rules, call);
      return toUser(job === undefined ? unknown(command.job) : jobText(job));
    }
    case "cancel":
      return toUser(await cancel(command.job, rules, call));
    case "compare":
      return toUser(await comparison(command.left, command.right, rules, call));
  }
}

async function copy(request: CopyRequest, message: ChatMessage, rules: readonly CopyRule[], { config, deps }: OpenCall): Promise<unknown> {
  const [refusal] = permissionFaults(request, [policyPermission(config), senderPermission(rules)]);
  if (refusal !== undefined) {
    return answerBody(message, `This copy ${refusal.detail}.`, "user");
  }
  const { platform, user, id, reply } = message;
  const trigger = { kind: "chat", name: platform, actor: user.name } as const;
  const result = await deps.submit(request, trigger, id === undefined ? undefined : { principal: `chat:${platform}`, key: id });
  if (result.outcome === "mismatch") {
    return answerBody(message, "This command was sent before with other words.", "user");
  }
  const since = deps.now();
  if (reply !== null) {
    await deps.follow(`${platform}:${result.job.id}`, { target: reply, job: result.job.id, since, shown: 0, failures: 0 });
    return deferredBody(message, jobText(result.job));
  }
  const job = await deps.job(result.job.id)?.waitForEnd(QUICK_MS);
  return answerBody(message, jobText(job ?? result.job), "channel");
}

async function cancel(id: string, rules: readonly CopyRule[], call: OpenCall): Promise<string> {
  const job = await findJob(id, rules, call);
  const ended = job === undefined ? undefined : await call.deps.job(id)?.cancel();
  return ended === undefined || ended === null ? unknown(id) : jobText(ended);
}

/** The comparison's explanation; or, as a sentence, what is wrong with the references or what went wrong at a registry. */
async function comparison(left: string, right: string, rules: readonly CopyRule[], { config, deps }: OpenCall): Promise<string> {
  const over = new AbortController();
  try {
    const query = compareQuery(new URLSearchParams({ left, right }));
    refuseUnreadable(query, [policyPermission(config), senderPermission(rules)]);
    const timeout = deps.sleep(COMPARE_MS).then(() => undefined);
    const result = await Promise.race([compareReferences(query, deps, over.signal), timeout]);
    return result === undefined
      ? "The registries take too long for a chat. Ask GET /compare, or try again."
      : `${result.verdict}: ${result.explanation}`;
  } catch (error) {
    return problemOf(error).problem.detail;
  } finally {
    over.abort();
  }
}

/** The job, if there is one and the sender might have asked for it. */
async function findJob(id: string, rules: readonly CopyRule[], { deps }: OpenCall): Promise<JobDocument | undefined> {
  const job = await deps.job(id)?.read();
  return job === undefined || job === null || permissionFaults(job.request, [senderPermission(rules)]).length > 0 ? undefined : job;
}

/** What the rules of `CHAT` allow to who sent the message. */
function senderPermission(rules: readonly CopyRule[]): Permission {
  return { who: "for you", rules };
}

function unknown(id: string): string {
  return `There is no job ${id} that you may see.`;
}
