/** Escapes text for each platform: nothing that comes from a registry or a user becomes markup, a link or a mention. Pure. */

/** An invisible character, put between `@` and a name so that nobody is notified. */
const WORD_JOINER = "\u2060";

/** Escapes what Slack reads as markup: only `&`, `<` and `>` (docs.slack.dev, "Formatting message text"). */
export function slackText(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** Escapes the Markdown of Discord and Mattermost: every character that could begin markup; mentions and bare links are broken up. */
export function markdownText(text: string): string {
  return text
    .replace(/[\\`*_{}[\]()#+\-.!|~<>]/g, "\\$&")
    .replace(/@/g, `@${WORD_JOINER}`)
    .replace(/(https?):\/\//gi, `$1:${WORD_JOINER}//`);
}

/** Escapes for Teams, which reads a subset of HTML and Markdown. Line ends are doubled: a single one is a space there. */
export function teamsText(text: string): string {
  return markdownText(text.replace(/&/g, "and").replace(/[<>]/g, "")).replace(/\n/g, "\n\n");
}

/** Breaks up what Telegram makes links of although no `parse_mode` is set: names and commands. */
export function telegramText(text: string): string {
  return text.replace(/@/g, `@${WORD_JOINER}`).replace(/(^|\s)\/(?=\w)/g, `$1/${WORD_JOINER}`);
}
