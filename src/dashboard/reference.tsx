/** References and digests, laid out so that their parts are easy to find. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A reference, in which the tag stands out and the registry does not. Lines may break after its separators. */
export function Reference({ text }: { text: string }): JSX.Element {
  const [, registry = "", path = "", tag = "", digest = ""] = /^([^/]*\/)?([^@]*?)(:[^:/@]*)?(@.*)?$/s.exec(text) ?? ["", "", text];
  return (
    <span class="reference">
      {registry === "" ? null : <span class="registry">{registry}</span>}
      <wbr />
      {path.split(/(?<=\/)/).map((part, index) => (
        <>
          {index === 0 ? null : <wbr />}
          {part}
        </>
      ))}
      <wbr />
      <span class="tag">{tag}</span>
      {digest === "" ? null : (
        <>
          <wbr />
          <span class="registry">{digest}</span>
        </>
      )}
    </span>
  );
}

/** The first characters of a digest; the whole of it is in the tooltip. */
export function ShortDigest({ digest }: { digest: string }): JSX.Element {
  const [algorithm = "", hex = ""] = digest.split(":");
  return (
    <code class="digest" title={digest}>
      {`${algorithm}:${hex.slice(0, 12)}`}
    </code>
  );
}

/** A whole digest with a button that copies it. */
export function Digest({ digest }: { digest: string }): JSX.Element {
  return (
    <span class="digest-line">
      <code class="digest">{digest}</code>
      <CopyButton text={digest} what="digest" />
    </span>
  );
}

/** How long the button says that it has copied, in milliseconds. */
const COPIED_MS = 1_500;

/** A button that puts `text` on the clipboard; nothing where the browser offers none. `what` completes "Copy the …". */
export function CopyButton({ text, what }: { text: string; what: string }): JSX.Element | null {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    const timer = isCopied ? setTimeout(() => setCopied(false), COPIED_MS) : undefined;
    return () => clearTimeout(timer);
  }, [isCopied]);
  // Browsers give the clipboard to secure pages only.
  if (navigator.clipboard === undefined) {
    return null;
  }
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  };
  return (
    <button type="button" class="quiet small" aria-label={`Copy the ${what}`} onClick={copy}>
      {isCopied ? "Copied" : "Copy"}
    </button>
  );
}
