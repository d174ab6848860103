/** The page that compares two references, to say why their digests differ. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Comparison } from "../compare/compare.ts";
import { ComparisonView } from "./comparison.tsx";
import { faultOf } from "./faults.ts";
import { TextField } from "./field.tsx";
import { TroubleNotice } from "./notice.tsx";
import { usePolled } from "./polled.ts";
import { linkTo } from "./route.ts";

type Query = Record<"left" | "right" | "platform", string>;

/** The page `#/compare`: a form, and the comparison that `query` asks for. An empty query asks for none. */
export function ComparePage({ query }: { query: URLSearchParams }): JSX.Element {
  const asked = query.toString();
  const [form, setForm] = useState<Query>(() => read(query));
  useEffect(() => setForm(read(new URLSearchParams(asked))), [asked]);
  const { value, trouble, refresh } = usePolled<Comparison>(asked === "" ? undefined : `/compare?${asked}`, () => null);
  const errors = trouble?.errors ?? [];
  const submit = (event: Event): void => {
    event.preventDefault();
    const next = linkTo("/compare", { left: form.left.trim(), right: form.right.trim(), platform: form.platform.trim() });
    if (next === location.hash) {
      refresh();
    } else {
      location.hash = next;
    }
  };
  const field = (name: keyof Query, label: string, hint: string): JSX.Element => (
    <TextField
      label={label}
      hint={hint}
      isMono
      value={form[name]}
      error={faultOf(errors, [name])}
      onInput={(text) => setForm({ ...form, [name]: text })}
    />
  );
  return (
    <>
      <div class="page-head">
        <h1>Compare</h1>
        <p class="muted">Why do two digests differ? Reads manifests and configs, never a layer.</p>
      </div>
      <form class="panel compare-form" onSubmit={submit} aria-label="What to compare">
        {field("left", "Left", "docker.io/library/busybox:1.36")}
        {field("right", "Right", "registry.example.com/mirror/busybox:1.36")}
        {field("platform", "Platform", "linux/amd64")}
        <button type="submit" class="primary">
          Compare
        </button>
      </form>
      <div aria-live="polite" class="compare-result">
        {asked !== "" && value === undefined && trouble === undefined ? <p class="muted">Reading both sides …</p> : null}
        {trouble === undefined || errors.length > 0 ? null : <TroubleNotice trouble={trouble} />}
        {value === undefined ? null : <ComparisonView comparison={value} />}
      </div>
    </>
  );
}

function read(query: URLSearchParams): Query {
  return { left: query.get("left") ?? "", right: query.get("right") ?? "", platform: query.get("platform") ?? "" };
}
