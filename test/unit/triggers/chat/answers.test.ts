import { describe, expect, test } from "vitest";
import type { JobDocument } from "../../../../src/jobs/document.ts";
import { allowedRules } from "../../../../src/triggers/chat/access.ts";
import { answerBody, deferredBody } from "../../../../src/triggers/chat/answer.ts";
import { type Following, followStep } from "../../../../src/triggers/chat/follow-job.ts";
import { postRequest, rhythmOf } from "../../../../src/triggers/chat/later-post.ts";
import { markdownText, slackText, teamsText, telegramText } from "../../../../src/triggers/chat/markup.ts";
import type { ChatMessage, ChatPlatform, ReplyTarget } from "../../../../src/triggers/chat/message.ts";
import { duration, jobText, size } from "../../../../src/triggers/chat/words-of-job.ts";
import { jobDocument } from "../../api/api-fixture.ts";

const message = (platform: ChatPlatform, more: Partial<ChatMessage> = {}): ChatMessage => ({
  platform,
  user: { id: "U1", name: "ann" },
  channel: "C1",
  roles: ["R1"],
  words: [],
  id: undefined,
  reply: null,
  ...more,
});

describe("who may do what", () => {
  const one = { from: "a/**", to: "b/**" };
  const other = { from: "c/**", to: "d/**" };

  test("nobody, where no rule is about them", () => {
    expect(allowedRules(undefined, message("slack"))).toBeUndefined();
    expect(allowedRules([], message("slack"))).toBeUndefined();
    expect(allowedRules([{ users: ["U2"], allow: [one] }], message("slack"))).toBeUndefined();
  });

  test("all conditions of a rule have to hold; the rules that hold add up", () => {
    expect(allowedRules([{ users: ["U1"], channels: ["C2"], allow: [one] }], message("slack"))).toBeUndefined();
    expect(
      allowedRules(
        [
          { channels: ["C1"], allow: [one] },
          { roles: ["R1", "R9"], allow: [other] },
          { users: ["U2"], allow: [one] },
        ],
        message("discord"),
      ),
    ).toEqual([one, other]);
  });
});

describe("text from outside becomes neither markup nor a mention", () => {
  const HOSTILE = "<!channel> @everyone *b* _i_ `c` [x](http://e.io) <a href=x>";

  test("Slack", () => {
    expect(slackText(HOSTILE)).not.toMatch(/<|>/);
    expect(JSON.stringify(answerBody(message("slack"), HOSTILE, "channel"))).toContain('"type":"plain_text"');
  });

  test("Discord and Mattermost", () => {
    for (const text of [markdownText(HOSTILE), teamsText(HOSTILE)]) {
      expect(text).not.toMatch(/@everyone|http:\/\/|(?<!\\)[*_`<]/);
    }
    expect(answerBody(message("discord"), HOSTILE, "channel")).toMatchObject({ data: { allowed_mentions: { parse: [] } } });
  });

  test("Telegram", () => {
    expect(telegramText(`${HOSTILE} /cmd`)).not.toMatch(/@everyone| \/cmd/);
  });
});

test("an answer is for who asked or for the channel, in each platform's form", () => {
  expect(answerBody(message("slack"), "x", "user")).toMatchObject({ response_type: "ephemeral", text: "x" });
  expect(answerBody(message("mattermost"), "x", "channel")).toEqual({ response_type: "in_channel", text: "x" });
  expect(answerBody(message("discord"), "x", "user")).toMatchObject({ type: 4, data: { content: "x", flags: 64 } });
  expect(answerBody(message("teams"), "x", "user")).toEqual({ type: "message", text: "x" });
  expect(answerBody(message("telegram"), "x", "user")).toEqual({
    method: "sendMessage",
    chat_id: "C1",
    text: "x",
    link_preview_options: { is_disabled: true },
  });
  expect(deferredBody(message("discord"), "x")).toEqual({ type: 5 });
  expect(deferredBody(message("telegram"), "x")).toEqual({ ok: true });
  const { data } = answerBody(message("discord"), "x.".repeat(5000), "user") as { data: { content: string } };
  expect(data.content.length).toBeLessThanOrEqual(2_000);
});

test("a job in words", () => {
  const destination = { reference: "b.io/y:1", digest: null, error: null };
  const job = (more: Partial<JobDocument>) =>
    jobText(jobDocument({ images: [{ source: "a.io/x:1", digest: null, destinations: [{ ...destination, status: "copied" }] }], ...more }));
  const times = { startedAt: "2026-11-25T00:00:00.000Z", finishedAt: "2026-11-25T00:01:05.000Z" };
  const bytes = { total: 2_000_000, done: 500_000, copied: 500_000 };
  const progress = { ...jobDocument().progress, bytes };
  expect(job({ status: "queued" })).toMatch(/^Queued: /);
  expect(job({ status: "running", progress })).toMatch(/^Copying, 25 % of 2.0 MB \(0\/0 blobs\): /);
  expect(job({ status: "succeeded", progress, ...times, digest: "sha256:abc" })).toMatch(
    /^Done in 1 min 5 s, 500.0 kB sent: .*\n→ b.io\/y:1: copied\nsha256:abc\nJob /,
  );
  expect(job({ status: "running", waiting: { until: "later", reason: "asked to" } })).toContain("Waiting until later: asked to");
  const error = { type: "", title: "", status: 404, detail: "There is none", code: "not-found" as const };
  expect(job({ status: "failed", error, ...times })).toMatch(/^Failed in 1 min 5 s: .*There is none/s);
});

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1_000, "1.0 kB"],
  [1_550_000_000, "1.6 GB"],
])("%i bytes are %s", (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

test.each([
  [400, "0 s"],
  [59_000, "59 s"],
  [3_661_000, "1 h 1 min"],
])("%i ms are %s", (ms, text) => {
  expect(duration(ms)).toBe(text);
});

describe("answers that come later", () => {
  const endpoints = { discord: "https://discord.test/api", telegram: "https://telegram.test", telegramToken: "1:tok" };

  test.each<[string, ReplyTarget, object]>([
    [
      "Slack's first message is replaced",
      { kind: "response-url", platform: "slack", url: "https://hooks.slack.com/x" },
      { method: "POST", url: "https://hooks.slack.com/x", body: { replace_original: true } },
    ],
    [
      "Discord's is edited",
      { kind: "discord", application: "app", token: "tok" },
      { method: "PATCH", url: "https://discord.test/api/webhooks/app/tok/messages/@original" },
    ],
    [
      "Telegram's is sent",
      { kind: "telegram", chat: "5" },
      { method: "POST", url: "https://telegram.test/bot1:tok/sendMessage", body: { chat_id: "5" } },
    ],
    [
      "and then edited",
      { kind: "telegram", chat: "5", message: 9 },
      { url: "https://telegram.test/bot1:tok/editMessageText", body: { message_id: 9 } },
    ],
  ])("%s", (_, target, request) => {
    expect(postRequest(target, "text", endpoints)).toMatchObject(request);
  });

  test("five posts to a response_url within thirty minutes, the end among them", () => {
    const rhythm = rhythmOf({ kind: "response-url", platform: "slack", url: "" });
    const posts = Array.from({ length: 10 }, (_, post) => rhythm.progressAt(post)).filter((at) => at !== undefined);
    expect(posts.length + 1).toBeLessThanOrEqual(5);
    expect(rhythm.until).toBeLessThan(30 * 60_000);
  });
});

describe("following a job", () => {
  const START: Following = { target: { kind: "telegram", chat: "5" }, job: "j", since: 0, shown: 0, failures: 0 };

  /** Follows until nothing is left to do; the job ends at `end`, and a wait takes the time that it says. */
  async function followed(end: number, taken: (post: number) => boolean = () => true) {
    let now = 0;
    let posts = 0;
    const shown: string[] = [];
    let following: Following | null = START;
    for (let step = 0; following !== null && step < 10_000; step++) {
      following = await followStep(following, {
        now: () => now,
        waitForEnd: async (_, ms) => {
          now = now + ms >= end ? Math.max(now, end) : now + ms;
          const done = now >= end;
          return jobDocument({
            status: done ? "succeeded" : "running",
            finishedAt: done ? "2026-11-25T00:00:00Z" : null,
            waiting: done ? null : { until: String(now), reason: "" },
          });
        },
        post: async (target, text) => {
          if (!taken(posts++)) {
            throw new Error("no");
          }
          shown.push(`${now} ${target.kind === "telegram" ? (target.message ?? "new") : ""} ${text.split(" ")[0]}`);
          return { message: 77 };
        },
      });
    }
    return { shown, now };
  }

  test("shows progress in place, and the end at once", async () => {
    const { shown } = await followed(12_000);
    expect(shown).toEqual(
      ["0 new Looking", "5000 77 Looking", "10000 77 Looking", "12000 77 Done:"].map((line) => line.replace("Done:", "Done,")),
    );
  });

  test("ends when the platform takes nothing more", async () => {
    const { now } = await followed(Number.POSITIVE_INFINITY);
    expect(now).toBeGreaterThanOrEqual(47 * 3_600_000);
  });

  test("tries the end a few times where it is not taken, and then no more", async () => {
    expect((await followed(0, (post) => post === 3)).shown).toHaveLength(1);
    expect((await followed(0, () => false)).shown).toEqual([]);
  });
});
