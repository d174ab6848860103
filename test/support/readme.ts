/** The README as a reader takes it: its commands, its settings, the examples in its tables. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../scripts/tool.ts";

export const README: string = readFileSync(join(ROOT, "README.md"), "utf8");

/** The texts of all blocks of a language. */
export function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, text]) => text ?? "");
}

/** Commands of the shell, those that go over several lines as one. */
export function commands(): string[] {
  return blocks("sh").flatMap((block) => {
    const found: string[] = [];
    for (const line of block.split("\n")) {
      const open = found.at(-1);
      if (open !== undefined && (open.endsWith("\\") || (open.split("'").length - 1) % 2 === 1)) {
        found[found.length - 1] = `${open.replace(/\\$/, "")}\n${line}`.replace(/\n\s+(?=-)/, " ");
      } else if (line.trim() !== "") {
        found.push(line);
      }
    }
    return found;
  });
}

/** The values of the variables in all `[vars]` blocks: literal strings between three quotes. */
export function settings(): { name: string; value: string }[] {
  return blocks("toml").flatMap((block) =>
    [...block.matchAll(/^([A-Z_]+) = '''\n(.*?)'''/gms)].map(([, name, value]) => ({ name: name ?? "", value: value ?? "" })),
  );
}

/** Rows of the first table after a heading: the cells of each. */
export function tableAfter(heading: string): string[][] {
  const [, rest = ""] = README.split(`\n${heading}\n`);
  const lines = rest.split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const end = lines.findIndex((line, index) => index > first && !line.startsWith("|"));
  // A pipe inside of a code span divides no cells.
  return lines.slice(first + 2, end).map((line) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|(?=(?:[^`]*`[^`]*`)*[^`]*$)/)
      .map((cell) => cell.trim()),
  );
}
