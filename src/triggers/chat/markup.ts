/** Makes text harmless for each platform: nothing that comes from a registry or a user becomes markup, a link or a mention. Pure. */

/** Between the `@` and the name, so that nobody is called. */
const WORD_JOINER = "\u2060";

/** Slack reads `&`, `<` and `>` only (docs.slack.dev, "Formatting message text"); its answers come as `plain_text` besides. */
export function slackText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** Markdown of Discord and Mattermost: every character that could begin markup is escaped, every `@` and bare link broken. */
export function markdownText(text: string): string {
  return text
    .replace(/[\\`*_{}[\]()#+\-.!|~<>]/g, "\\$&")
    .replace(/@/g, `@${WORD_JOINER}`)
    .replace(/(https?):\/\//gi, `$1:${WORD_JOINER}//`);
}

/** Teams shows the text of a message as a subset of HTML and Markdown. */
export function teamsText(text: string): string {
  return markdownText(text.replace(/&/g, "and").replace(/[<>]/g, "")).replace(/\n/g, "\n\n");
}

/** Telegram shows text without a `parse_mode` as it is, but links names and commands. */
export function telegramText(text: string): string {
  return text.replace(/@/g, `@${WORD_JOINER}`).replace(/(^|\s)\/(?=\w)/g, `$1/${WORD_JOINER}`);
}
