/**
 * GitHub Packages: the events `package` and `registry_package`, which hold the same under different names.
 *
 * https://docs.github.com/en/webhooks/webhook-events-and-payloads#package
 */
import { recordAt, textAt } from "../json-fields.ts";
import { momentOf } from "./moment.ts";
import { type HookEvents, ignored, notFrom, pushed, type Sender, shown } from "./push-event.ts";
import { isSigned } from "./verify.ts";

const EVENTS: ReadonlySet<string | null> = new Set(["package", "registry_package"]);
const ACTIONS: ReadonlySet<string | undefined> = new Set(["published", "updated"]);
const TYPES: ReadonlySet<string | undefined> = new Set(["container", "docker"]);

/** GitHub Packages. Authenticated by the HMAC of the body. */
export const GITHUB: Sender = {
  verify: (delivery, hook) => isSigned(delivery, hook, "x-hub-signature-256"),
  read: (json, headers) => {
    const event = headers.get("x-github-event");
    if (headers.has("x-gitea-event")) {
      return ignored('this comes from Gitea: make a hook of type "gitea" for it');
    }
    if (event === null) {
      return notFrom("GitHub");
    }
    if (!EVENTS.has(event)) {
      return ignored(`the event "${shown(event)}" is no push of an image; choose "Packages" or "Registry packages"`);
    }
    return readPackage(json, headers);
  },
};

function readPackage(json: unknown, headers: Headers): HookEvents {
  const found = recordAt(json, "package") ?? recordAt(json, "registry_package");
  const version = recordAt(found, "package_version");
  if (found === undefined || version === undefined) {
    return notFrom("GitHub");
  }
  const type = textAt(found, "package_type")?.toLowerCase();
  if (!TYPES.has(type)) {
    return ignored(`a package of type "${shown(type ?? "")}" is no container image`);
  }
  const action = textAt(json, "action");
  if (!ACTIONS.has(action)) {
    return ignored(`the action "${shown(action ?? "")}" is no push`);
  }
  const { registry, repository, tag } = imageOf(found, version);
  if (repository === undefined) {
    return notFrom("GitHub");
  }
  return pushed({
    registry,
    repository,
    tag: textAt(version, "container_metadata", "tag", "name") ?? tag,
    digest: digestOf(version),
    pushedAt: momentOf(version.updated_at) ?? momentOf(found.updated_at),
    id: headers.get("x-github-delivery") ?? undefined,
    actor: textAt(json, "sender", "login"),
  });
}

/** The image that a version is. Its URL ends in a colon where it has no tag, and may have capital letters, which references do not have. */
function imageOf(found: unknown, version: unknown): { registry: string; repository?: string; tag?: string } {
  const url = textAt(version, "package_url");
  const [, host, path, tag] = /^(?:https?:\/\/)?([^/]+)\/([^:@]+)(?::([^@]*))?(?:@.*)?$/.exec(url ?? "") ?? [];
  if (host !== undefined && path !== undefined) {
    return { registry: host.toLowerCase(), repository: path.toLowerCase(), ...(tag ? { tag } : {}) };
  }
  const [owner, name] = [textAt(found, "namespace") ?? textAt(found, "owner", "login"), textAt(found, "name")];
  return { registry: "ghcr.io", ...(owner && name ? { repository: `${owner}/${name}`.toLowerCase() } : {}) };
}

/** The digest of what was pushed: that of the manifest or tag, or the version's own name. */
function digestOf(version: unknown): string | undefined {
  const named = [
    textAt(version, "container_metadata", "manifest", "digest"),
    textAt(version, "container_metadata", "tag", "digest"),
    textAt(version, "version"),
    textAt(version, "name"),
  ];
  return named.find((text) => text?.startsWith("sha"));
}
