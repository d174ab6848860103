/**
 * JFrog Artifactory: the event "pushed" of the domain "docker".
 *
 * Names its registry only where Artifactory has a custom base URL, and a repository key that need not be the one that clients use.
 */
import { textAt } from "../json-fields.ts";
import { ignored, notFrom, pushed, type Sender, shown } from "./push-event.ts";
import { hasSecret, isSigned } from "./verify.ts";

const HEADER = "x-jfrog-event-auth";

/** Names of manifests' files: the hash of one is the digest of what was pushed. */
const MANIFEST_FILES: ReadonlySet<string | undefined> = new Set(["manifest.json", "list.manifest.json"]);

/** JFrog Artifactory. Authenticated by a header that holds the secret, or with `signed` the body's HMAC. */
export const ARTIFACTORY: Sender = {
  verify: (delivery, hook) => (hook.signed ? isSigned(delivery, hook, HEADER) : hasSecret(delivery, { ...hook, header: HEADER })),
  read: (json, _headers, { repositoryKey }) => {
    const [type, path, key] = [textAt(json, "event_type"), textAt(json, "data", "path"), textAt(json, "data", "repo_key")];
    if (textAt(json, "domain") !== "docker" || type === undefined) {
      return notFrom("Artifactory's Docker domain");
    }
    if (type !== "pushed") {
      return ignored(`the event ${shown(type)} is no push`);
    }
    // namespace/name/TAG/manifest.json
    const image = path?.split("/").slice(0, -2).join("/") || textAt(json, "data", "image_name");
    if (image === undefined || key === undefined) {
      return notFrom("Artifactory's Docker domain");
    }
    const prefix = repositoryKey ?? key;
    const sha256 = textAt(json, "data", "sha256");
    const isManifestFile = MANIFEST_FILES.has(textAt(json, "data", "name"));
    return pushed({
      registry: URL.parse(textAt(json, "jpd_origin") ?? "")?.host || undefined,
      repository: prefix === "" ? image : `${prefix}/${image}`,
      tag: textAt(json, "data", "tag"),
      ...(sha256 !== undefined && isManifestFile ? { digest: `sha256:${sha256}` } : {}),
      actor: textAt(json, "source")?.replace(/^jfrog\//, ""),
    });
  },
};
