/** Converts the YAML of `skopeo sync --src yaml` to `SYNC` and `REGISTRIES`. Pure. */
import { parse } from "yaml";
import { type Conversion, emptyConversion, entryName, mapOf, textOf, textsOf } from "./conversion.ts";

/** What `skopeo sync` is told on its command line, and when it is to run. */
interface SkopeoOptions {
  /** Where to, as skopeo's destination: a registry, perhaps with a path. */
  destination: string;
  /** As skopeo's `--scoped`: the source's registry and whole path stay in the destination's name, not only the last part. @default false */
  scoped?: boolean;
  /** The cron pattern of all entries: skopeo has no schedule of its own. @default each night at three */
  schedule?: string;
}

/** Converts the file's text. Throws the YAML parser's error, with line and column, where it is not YAML. */
export function convertSkopeoSync(text: string, options: SkopeoOptions): Conversion {
  const conversion = emptyConversion();
  for (const [registry, value] of Object.entries(mapOf(parse(text, { merge: true })))) {
    convertRegistry(registry, mapOf(value), options, conversion);
  }
  if (conversion.syncs.length > 0) {
    conversion.notes.push("All platforms are copied, as with --all; the digests stay, as with --preserve-digests");
  }
  return conversion;
}

function convertRegistry(
  registry: string,
  settings: Readonly<Record<string, unknown>>,
  { destination, scoped = false, schedule = "0 3 * * *" }: SkopeoOptions,
  { syncs, registries, notes }: Conversion,
): void {
  const add = (repository: string, option: Record<string, unknown>, reference = "") => {
    const name = scoped ? `${registry}/${repository}` : (repository.split("/").at(-1) ?? repository);
    const target = `${destination.replace(/\/+$/, "")}/${name}`;
    syncs.push({
      name: entryName(target, syncs),
      schedule,
      source: `${registry}/${repository}${reference}`,
      destination: target,
      ...option,
    });
  };
  for (const [repository, value] of Object.entries(mapOf(settings.images))) {
    const references = textsOf(value);
    const tags = references.filter((reference) => !reference.includes(":"));
    if (references.length === 0) {
      add(repository, { tags: "all" });
    } else if (tags.length > 0) {
      add(repository, { tags: { include: tags } });
    }
    for (const digest of references.filter((reference) => reference.includes(":"))) {
      add(repository, {}, `@${digest}`);
    }
  }
  for (const [repository, regex] of Object.entries(mapOf(settings["images-by-tag-regex"]))) {
    // skopeo looks for the pattern anywhere in the tag; here it has to match the whole of it.
    add(repository, { tags: { include: [`/.*(?:${textOf(regex) ?? ""}).*/`] } });
  }
  for (const [repository, range] of Object.entries(mapOf(settings["images-by-semver"]))) {
    add(repository, { tags: { semver: textOf(range) ?? "*" } });
  }
  if (settings.credentials !== undefined) {
    notes.push(`${registry}.credentials: put them into the secret REGISTRY_AUTH: {"auths":{"${registry}":{"username":…,"password":…}}}`);
  }
  if (settings["tls-verify"] === false) {
    registries[registry] = { http: true };
    notes.push(
      `${registry}.tls-verify: plain HTTP is allowed; a certificate that can't be verified is not accepted, and a private address needs "private": true`,
    );
  }
  if (settings["cert-dir"] !== undefined) {
    notes.push(`${registry}.cert-dir: certificates of your own can't be used from a Worker`);
  }
}
