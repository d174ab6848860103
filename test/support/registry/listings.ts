/** What a repository holds: its tags in pages, and the manifests that refer to one (distribution spec, "Content discovery"). */
import { type Answer, type Exchange, failure, htmlPage, pageNotFound } from "./answer.ts";
import { isDigest } from "./digest.ts";
import { type ManifestBody, OCI_INDEX } from "./manifest-rules.ts";
import type { Quirks } from "./quirks.ts";
import type { Store } from "./store.ts";

/** Answers `GET /v2/<repository>/tags/list`. */
export function listTags(store: Store, quirks: Quirks, { query, origin }: Exchange, repository: string): Answer {
  const found = store.repository(repository);
  // A repository that has only blobs is none, to distribution.
  if (found === undefined || (found.manifests.size === 0 && found.tags.size === 0)) {
    return quirks.emptyTags === "null"
      ? json({ name: repository, tags: null })
      : failure("NAME_UNKNOWN", "repository name not known to registry", { name: repository });
  }
  const all = [...found.tags.keys()].sort();
  if (quirks.tagPage === 0) {
    return json({ name: repository, tags: all });
  }
  const asked = query.get("n");
  if (asked !== null && !/^\d+$/.test(asked)) {
    return failure("PAGINATION_NUMBER_INVALID", "invalid number of results requested", { n: asked });
  }
  const round = Number(query.get("round") ?? 0) + 1;
  const last = quirks.tagPages === "next" ? query.get("last") : null;
  const rest = last === null ? all : all.filter((tag) => tag > last);
  const page = rest.slice(0, Math.min(Number(asked ?? quirks.tagPage), quirks.tagPage));
  const next = `/v2/${repository}/tags/list?last=${encodeURIComponent(page.at(-1) ?? "")}&n=${page.length}${quirks.tagPages === "next" ? "" : `&round=${round}`}`;
  const more = page.length > 0 && page.length < rest.length;
  return json({ name: repository, tags: page }, more ? { link: linkTo(quirks, origin, next) } : {});
}

/** Answers `GET /v2/<repository>/referrers/<digest>`. */
export function listReferrers(store: Store, quirks: Quirks, { query, origin }: Exchange, repository: string, digest: string): Answer {
  switch (quirks.referrers) {
    case "answered":
      break;
    case "html":
      return { status: 200, headers: { "content-type": "text/html" }, body: htmlPage(200) };
    case 404:
      return pageNotFound();
    default:
      return { status: quirks.referrers, headers: { "content-type": "text/plain" }, body: "" };
  }
  if (!isDigest(digest)) {
    return failure("DIGEST_INVALID", "provided digest did not match uploaded content");
  }
  const type = query.get("artifactType");
  const manifests = [];
  for (const { mediaType, digest: referrer, bytes, subject } of store.repository(repository)?.manifests.values() ?? []) {
    const body = JSON.parse(Buffer.from(bytes).toString()) as ManifestBody;
    const artifactType = body.artifactType ?? body.config?.mediaType;
    if (subject === digest && (type === null || artifactType === type)) {
      const annotations = body.annotations === undefined ? {} : { annotations: body.annotations };
      const size = quirks.referrersSize === "right" ? bytes.byteLength : bytes.byteLength + 218;
      manifests.push({ mediaType, digest: referrer, size, artifactType, ...annotations });
    }
  }
  const start = Number(query.get("start") ?? 0);
  const end = quirks.referrersPage === 0 ? manifests.length : start + quirks.referrersPage;
  const next = `/v2/${repository}/referrers/${digest}?start=${end}${type === null ? "" : `&artifactType=${encodeURIComponent(type)}`}`;
  return {
    status: 200,
    headers: {
      "content-type": OCI_INDEX,
      "oci-filters-applied": type === null ? undefined : "artifactType",
      ...(end < manifests.length ? { link: linkTo(quirks, origin, next) } : {}),
    },
    body: JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: manifests.slice(start, end) }),
  };
}

function linkTo({ linkForm }: Quirks, origin: string, path: string): string {
  switch (linkForm) {
    case "relative":
      return `<${path}>; rel="next"`;
    case "absolute":
      return `<${origin}${path}>; rel="next"`;
    case "bare":
      return `${origin}${path}; rel=next`;
    case "no-port":
      return `${origin.replace(/:\d+$/, "")}${path}; rel=next`;
    case "other-host":
      return `<https://169.254.169.254${path}>; rel="next"`;
  }
}

function json(value: unknown, headers: Record<string, string> = {}): Answer {
  return { status: 200, headers: { "content-type": "application/json; charset=utf-8", ...headers }, body: JSON.stringify(value) };
}
