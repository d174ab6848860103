/** How the demo looks: colours and a moving bar on a terminal, plain lines anywhere else. */

const onTerminal = process.stdout.isTTY === true;
/** https://no-color.org: set and not empty means no colours. */
const coloured = onTerminal && !process.env.NO_COLOR && process.env.TERM !== "dumb";

function style(code: number): (text: string) => string {
  return (text) => (coloured ? `\x1b[${code}m${text}\x1b[0m` : text);
}

/** Makes a text bold, as the ones below give it a colour; leaves it as it is where there are no colours. */
export const bold = style(1);
/** As {@link bold}: in a weaker colour. */
export const dim = style(2);
/** As {@link bold}: for what has failed. */
export const red = style(31);
/** As {@link bold}: for what is right. */
export const green = style(32);
/** As {@link bold}: for what is only shown to compare with. */
export const yellow = style(33);
/** As {@link bold}: for headings and commands. */
export const cyan = style(36);

/** Says what comes next. */
export function step(text: string): void {
  console.log(`\n${cyan("▸")} ${bold(text)}`);
}

/** A line of detail below a step. */
export function detail(text: string): void {
  console.log(`  ${text}`);
}

/** Cells of the bar. */
const BAR_CELLS = 32;

/**
 * One line that shows how far something is. On a terminal it is drawn again in place; elsewhere only its last state is
 * printed, as a log has no use for the others.
 */
export class ProgressLine {
  #last = "";

  /** `done` of `total`, with words behind the bar. Nothing to do counts as nothing done. */
  show(done: number, total: number, words: string): void {
    const part = total > 0 ? Math.min(1, done / total) : 0;
    const cells = Math.round(part * BAR_CELLS);
    const bar = `${green("█".repeat(cells))}${dim("░".repeat(BAR_CELLS - cells))}`;
    this.#last = `  ${bar} ${String(Math.round(part * 100)).padStart(3)} %  ${words}`;
    if (onTerminal) {
      process.stdout.write(`\r\x1b[2K${this.#last}`);
    }
  }

  /** Leaves the line as it is and goes on below it. */
  end(): void {
    process.stdout.write(onTerminal ? "\n" : `${this.#last}\n`);
  }
}
