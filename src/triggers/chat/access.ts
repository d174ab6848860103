/** Who may do what from a chat: whoever no rule of `CHAT` names may do nothing. Pure. */
import type { ChatRule } from "../../config/chat.ts";
import type { CopyRule } from "../../policy.ts";
import type { ChatMessage } from "./message.ts";

/** Returns what the sender of a message may copy, or `undefined` where no rule names them. */
export function allowedRules(rules: readonly ChatRule[] | undefined, { user, channel, roles }: ChatMessage): CopyRule[] | undefined {
  const matching = (rules ?? []).filter(
    (rule) =>
      (rule.users?.includes(user.id) ?? true) &&
      (rule.channels?.includes(channel) ?? true) &&
      (rule.roles?.some((role) => roles.includes(role)) ?? true),
  );
  return matching.length === 0 ? undefined : matching.flatMap(({ allow }) => allow);
}
