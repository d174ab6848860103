/** The answer of a comparison: the verdict, why, both sides, and every place at which they differ. */
import type { JSX } from "preact";
import type { Comparison } from "../compare/compare.ts";
import { type Marked, markedPair } from "./marked.ts";
import { Reference, ShortDigest } from "./reference.tsx";
import { capitalized, counted } from "./words.ts";

const VERDICTS: Readonly<Record<Comparison["verdict"], { tone: "good" | "warn" | "bad"; words: string }>> = {
  identical: { tone: "good", words: "Identical: one digest" },
  "single-platform-of-index": { tone: "warn", words: "One side is an index, the other one of its images" },
  reserialized: { tone: "warn", words: "The same content, written anew" },
  recompressed: { tone: "warn", words: "The same files, compressed again" },
  "same-layers-new-config": { tone: "warn", words: "The same layers under another config" },
  "shared-layers": { tone: "warn", words: "Some layers in common" },
  unrelated: { tone: "bad", words: "Nothing in common" },
};

const SAME: readonly (readonly [keyof Comparison["same"], string])[] = [
  ["digest", "digest"],
  ["imageId", "image ID"],
  ["layers", "layers as packed"],
  ["diffIds", "layers as unpacked"],
];

const DOCUMENTS: readonly (readonly [Comparison["differences"][number]["document"], string])[] = [
  ["root", "What the references stand for"],
  ["index", "The index"],
  ["manifest", "The manifest"],
  ["config", "The config"],
];

/** Shows the document of `GET /compare`. */
export function ComparisonView({ comparison }: { comparison: Comparison }): JSX.Element {
  const { verdict, explanation, same, platform, differences } = comparison;
  const { tone, words } = VERDICTS[verdict];
  return (
    <>
      <section class={`panel verdict ${tone}`} aria-labelledby="verdict-title">
        <h2 id="verdict-title">{words}</h2>
        <p class="explanation">
          {/* Whole digests stand in the table; in a sentence their beginnings are easier to tell apart. */}
          {capitalized(explanation)
            .split(/(sha(?:256|512):[0-9a-f]{64,128})/)
            .map((part, place) => (place % 2 === 1 ? <ShortDigest digest={part} /> : part))}
        </p>
        <ul class="sameness">
          {SAME.map(([name, label]) => (
            <li key={name} class={same[name] ? "same" : "other"}>
              <span aria-hidden="true">{same[name] ? "=" : "≠"}</span>
              {`${same[name] ? "same" : "another"} ${label}`}
            </li>
          ))}
        </ul>
      </section>
      <Sides comparison={comparison} />
      {differences.length === 0 ? null : (
        <section aria-labelledby="differences-title" class="differences">
          <h2 id="differences-title">{`${counted(differences.length, "difference")}${platform === null ? "" : ` · ${platform}`}`}</h2>
          {DOCUMENTS.map(([document, title]) => {
            const found = differences.filter((difference) => difference.document === document);
            return found.length === 0 ? null : <Document key={document} title={title} differences={found} />;
          })}
        </section>
      )}
    </>
  );
}

/** A table of both sides, with what differs marked. */
function Sides({ comparison: { left, right } }: { comparison: Comparison }): JSX.Element {
  const rows: [string, string, string][] = [
    ["Digest", left.digest, right.digest],
    ["Media type", left.mediaType, right.mediaType],
    ["Image ID", left.imageId ?? "none", right.imageId ?? "none"],
    ["Platforms", left.platforms.join(", ") || "none named", right.platforms.join(", ") || "none named"],
  ];
  return (
    <table class="panel sides">
      <caption class="visually-hidden">Both sides</caption>
      <thead>
        <tr>
          <td />
          <th scope="col">
            <Reference text={left.reference} />
          </th>
          <th scope="col">
            <Reference text={right.reference} />
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, one, other]) => (
          <Row key={name} name={name} left={one} right={other} />
        ))}
      </tbody>
    </table>
  );
}

function Document({ title, differences }: { title: string; differences: Comparison["differences"] }): JSX.Element {
  return (
    <table class="panel sides">
      <caption>{title}</caption>
      <thead>
        <tr>
          <th scope="col">Place</th>
          <th scope="col">Left</th>
          <th scope="col">Right</th>
        </tr>
      </thead>
      <tbody>
        {differences.map((difference, place) => (
          <Row
            key={`${place} ${difference.path}`}
            name={placeOf(difference)}
            isCode
            left={shown(difference.left)}
            right={shown(difference.right)}
          />
        ))}
      </tbody>
    </table>
  );
}

/** Where a difference is; of an entry that stands elsewhere at right, both places. */
function placeOf({ path, rightPath }: Comparison["differences"][number]): string {
  const place = path === "" ? "(all of it)" : path;
  return typeof rightPath === "string" ? `${place} → ${rightPath}` : place;
}

function Row({ name, left, right, isCode }: { name: string; left: string; right: string; isCode?: boolean }): JSX.Element {
  const [one, other] = markedPair(left, right);
  return (
    <tr>
      <th scope="row">{isCode ? <code>{name}</code> : name}</th>
      <td data-side="left">
        <MarkedText text={one} />
      </td>
      <td data-side="right">
        <MarkedText text={other} />
      </td>
    </tr>
  );
}

function MarkedText({ text: { before, differs, after } }: { text: Marked }): JSX.Element {
  return (
    <code>
      {before}
      {differs === "" ? null : <mark>{differs}</mark>}
      {after}
    </code>
  );
}

/** A value as JSON; a text without its quotes, and a dash where the side does not have it. */
function shown(value: unknown): string {
  return value === null ? "–" : typeof value === "string" ? value : JSON.stringify(value);
}
