/** Notices: what is wrong or waited for, and what the user can do about it. */
import type { ComponentChildren, JSX } from "preact";
import type { Problem } from "../jobs/document.ts";
import { adviceFor } from "./advice.ts";
import type { Trouble } from "./service.ts";
import { capitalized } from "./words.ts";

/** A box that stands out. `tone` is how bad the news is. */
export function Notice({
  tone,
  title,
  children,
}: {
  tone: "bad" | "warn" | "info";
  title: string;
  children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={`notice ${tone}`}>
      <p class="notice-title">{title}</p>
      {children}
    </div>
  );
}

/** A problem document: what it means, its own message, where it comes from, and what to do about it. */
export function ProblemNotice({ problem }: { problem: Problem | Trouble }): JSX.Element {
  const { code, title, detail, side, registry, upstream } = problem;
  const advice = adviceFor(code);
  const facts: [string, string][] = [
    ["code", code],
    ...(side === undefined ? [] : [["side", side] as [string, string]]),
    ...(registry === undefined ? [] : [["registry", registry] as [string, string]]),
    ...(upstream === undefined
      ? []
      : [
          ["its answer", [upstream.status, upstream.code, upstream.message].filter((part) => part !== undefined).join(" ")] as [
            string,
            string,
          ],
        ]),
  ];
  return (
    <Notice tone={code === "cancelled" ? "info" : "bad"} title={advice?.meaning ?? title}>
      <p>{sentence(detail)}</p>
      {advice === undefined ? null : <p class="remedy">{advice.remedy}</p>}
      <dl class="facts inline">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
            </dd>
          </div>
        ))}
      </dl>
    </Notice>
  );
}

/** Why a page shows nothing, or nothing new. */
export function TroubleNotice({ trouble }: { trouble: Trouble | undefined }): JSX.Element | null {
  // For a missing token there is a dialog.
  return trouble === undefined || trouble.status === 401 ? null : (
    <div role="alert">
      {trouble.status === 0 ? (
        <Notice tone="warn" title={trouble.title}>
          <p>{trouble.detail}</p>
        </Notice>
      ) : (
        <ProblemNotice problem={trouble} />
      )}
    </div>
  );
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? capitalized(text) : `${capitalized(text)}.`;
}
