/** Between a source and where it is copied to. */
import type { JSX } from "preact";

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
