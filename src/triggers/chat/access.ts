/** Who may do what from a chat. Pure. Whoever no rule of `CHAT` names may do nothing. */
import type { ChatRule } from "../../config/chat.ts";
import type { CopyRule } from "../../policy.ts";
import type { ChatMessage } from "./message.ts";

/** What the sender of a message may copy, or `undefined` where no rule is about them. */
export function allowedRules(rules: readonly ChatRule[] | undefined, { user, channel, roles }: ChatMessage): CopyRule[] | undefined {
  const meeting = (rules ?? []).filter(
    (rule) =>
      (rule.users?.includes(user.id) ?? true) &&
      (rule.channels?.includes(channel) ?? true) &&
      (rule.roles?.some((role) => roles.includes(role)) ?? true),
  );
  return meeting.length === 0 ? undefined : meeting.flatMap(({ allow }) => allow);
}
