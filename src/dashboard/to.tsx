/** What stands between a source and its destination. */
import type { JSX } from "preact";

/** An arrow to look at, and the word "to" for screen readers. */
export function To(): JSX.Element {
  return (
    <>
      <span class="muted" aria-hidden="true">
        {" → "}
      </span>
      <span class="visually-hidden"> to </span>
    </>
  );
}
