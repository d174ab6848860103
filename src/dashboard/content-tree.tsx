/** What a job copies, as a tree of indexes, manifests and blobs, with the state of each. */
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import type { ContentPage, JobDocument, ManifestDocument } from "../jobs/document.ts";
import { overallInWords, overallOf, type PlaceState } from "./places.ts";
import { usePolled } from "./polled.ts";
import { ShortDigest } from "./reference.tsx";
import { Status } from "./status.tsx";
import { bytesInWords, bytesOfBytes, counted } from "./words.ts";

/** Manifests on a page. */
const PAGE = 100;

/** Pause between two requests while the job goes on, in milliseconds. */
const POLL_MS = 1_500;

/** Most manifests with blobs on a page that are shown unfolded; with more, all are folded. */
const MAX_OPEN = 4;

/** The section "Content" of a job's page, one page of manifests at a time; nothing while no manifest is known. */
export function ContentTree({ job }: { job: JobDocument }): JSX.Element | null {
  const [cursor, setCursor] = useState<string>();
  const isGoing = job.status === "queued" || job.status === "running";
  const query = new URLSearchParams({ limit: String(PAGE), ...(cursor === undefined ? {} : { cursor }) });
  const { value } = usePolled<ContentPage>(`/jobs/${encodeURIComponent(job.id)}/content?${query}`, () => (isGoing ? POLL_MS : null));
  if (value === undefined || (value.manifests.length === 0 && cursor === undefined)) {
    return null;
  }
  const byDigest = new Map(value.manifests.map((manifest) => [manifest.digest, manifest]));
  const named = new Set(value.manifests.flatMap(({ manifests }) => manifests.map(({ digest }) => digest)));
  const isOpen = value.manifests.filter(({ blobs }) => blobs.length > 0).length <= MAX_OPEN;
  return (
    <section class="panel" aria-labelledby="content-title">
      <h2 id="content-title">Content</h2>
      <ul class="tree">
        {value.manifests
          .filter(({ digest }) => !named.has(digest))
          .map((manifest) => (
            <Manifest key={manifest.digest} manifest={manifest} platform={null} byDigest={byDigest} isOpen={isOpen} />
          ))}
      </ul>
      {value.cursor === null && cursor === undefined ? null : (
        <div class="actions">
          {cursor === undefined ? null : (
            <button type="button" onClick={() => setCursor(undefined)}>
              First manifests
            </button>
          )}
          {value.cursor === null ? null : (
            <button type="button" onClick={() => setCursor(value.cursor ?? undefined)}>
              More manifests
            </button>
          )}
        </div>
      )}
    </section>
  );
}

interface ManifestProps {
  manifest: ManifestDocument;
  /** What its index says that it is for; null where none does. */
  platform: string | null;
  /** All manifests of the page. */
  byDigest: ReadonlyMap<string, ManifestDocument>;
  isOpen: boolean;
}

function Manifest({ manifest, platform, byDigest, isOpen }: ManifestProps): JSX.Element {
  const { digest, mediaType, size, at, manifests, blobs } = manifest;
  const isIndex = /(?:index|manifest\.list)\./.test(mediaType);
  const bytes = blobs.reduce((sum, blob) => sum + blob.size, 0);
  const line = (
    <>
      <Place at={at} />
      <span class="tree-name">{platform ?? (isIndex ? "index" : "manifest")}</span>
      <ShortDigest digest={digest} />
      <span class="muted">
        {blobs.length === 0
          ? `${counted(manifests.length, "manifest")}, ${bytesInWords(size)}`
          : `${counted(blobs.length, "blob")}, ${bytesInWords(bytes)}`}
      </span>
    </>
  );
  return (
    <li>
      {blobs.length === 0 ? (
        <div class="tree-line">{line}</div>
      ) : (
        <details open={isOpen}>
          <summary class="tree-line">{line}</summary>
          <ul>
            {blobs.map((blob) => (
              <Blob key={blob.digest} blob={blob} />
            ))}
          </ul>
        </details>
      )}
      {manifests.length === 0 ? null : (
        <ul>
          {manifests.map((child) => {
            const known = byDigest.get(child.digest);
            return known === undefined ? (
              <li key={child.digest} class="tree-line muted">
                <span class="status calm">not shown here</span>
                <span class="tree-name">{child.platform ?? "manifest"}</span>
                <ShortDigest digest={child.digest} />
              </li>
            ) : (
              <Manifest key={child.digest} manifest={known} platform={child.platform} byDigest={byDigest} isOpen={isOpen} />
            );
          })}
        </ul>
      )}
    </li>
  );
}

function Blob({ blob: { digest, mediaType, size, at } }: { blob: ManifestDocument["blobs"][number] }): JSX.Element {
  const sent = at.reduce((sum, place) => sum + place.sent, 0);
  const isPending = at.some(({ status }) => status === "pending");
  return (
    <li class="tree-line">
      <Place at={at} />
      <span class="tree-name">{/config/.test(mediaType) ? "config" : "layer"}</span>
      <ShortDigest digest={digest} />
      <span class="muted">{isPending && sent > 0 ? bytesOfBytes(sent, size * at.length) : bytesInWords(size)}</span>
      {at.some(({ staged }) => staged) ? <span class="chip">through the stage</span> : null}
    </li>
  );
}

/** The state at all destination repositories together; each repository's own state is in the tooltip. */
function Place({ at }: { at: readonly { repository: string; status: PlaceState }[] }): JSX.Element {
  const overall = overallOf(at);
  return (
    <span class="place" title={at.map(({ repository, status }) => `${repository}: ${status}`).join("\n")}>
      <Status state={overall.state ?? "skipped"}>{overallInWords(overall)}</Status>
    </span>
  );
}
