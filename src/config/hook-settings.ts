/** Which settings an entry of `HOOKS` takes, by the type of its sender. */

/** The senders whose webhooks are understood; the `type` of a hook. */
export const HOOK_TYPES = [
  "dockerhub",
  "github",
  "harbor",
  "quay",
  "distribution",
  "acr",
  "ecr",
  "gar",
  "artifactory",
  "zot",
  "gitea",
  "cloudevents",
  "generic",
] as const;

/** The kind of sender that a hook is for. */
export type HookType = (typeof HOOK_TYPES)[number];

/** Settings beyond `type`, `secret` and `copy`. */
export interface HookSettings {
  /** The registry's host, in place of the one that the events name. */
  registry?: string;
  /** The header that brings the secret. @default Authorization */
  header?: string;
  /** Artifactory: the secret signs the body ("Use secret for payload signing") and is not sent. @default false */
  signed?: boolean;
  /** Artifactory: the first part of the repository's name, in place of the event's repository key; empty where the key is part of the host. */
  repositoryKey?: string;
  /** Google: the audience that the token must have. @default the URL that was called */
  audience?: string;
  /** Google: the service account that Pub/Sub signs as. */
  email?: string;
  /** Google: URL of the keys that tokens are checked with. @default Google's */
  jwks?: string;
}

type Setting = keyof HookSettings;

interface TypeRules {
  takes: readonly Setting[];
  /** What has to be given; of several that stand together, one. */
  needs?: readonly (Setting | "secret" | readonly (Setting | "secret")[])[];
  /** Whether any of its events has a digest. */
  hasDigest: boolean;
}

const RULES: Readonly<Record<HookType, TypeRules>> = {
  // Docker Hub itself sends no digest; Alibaba Cloud, which uses its format, does.
  dockerhub: { takes: ["registry"], needs: ["secret"], hasDigest: true },
  github: { takes: ["registry"], needs: ["secret"], hasDigest: true },
  harbor: { takes: ["registry", "header"], needs: ["secret"], hasDigest: true },
  quay: { takes: ["registry"], needs: ["secret"], hasDigest: false },
  distribution: { takes: ["registry", "header"], needs: ["secret"], hasDigest: true },
  acr: { takes: ["registry", "header"], needs: ["secret"], hasDigest: true },
  ecr: { takes: ["registry", "header"], needs: ["secret"], hasDigest: true },
  gar: { takes: ["registry", "audience", "email", "jwks"], needs: [["secret", "email"]], hasDigest: true },
  artifactory: { takes: ["registry", "signed", "repositoryKey"], needs: ["secret"], hasDigest: true },
  zot: { takes: ["registry", "header"], needs: ["secret"], hasDigest: true },
  gitea: { takes: ["registry"], needs: ["secret"], hasDigest: false },
  cloudevents: { takes: ["registry", "header"], needs: ["secret"], hasDigest: true },
  generic: { takes: [], needs: ["secret"], hasDigest: true },
};

/** Returns the first setting that the type does not know, or needs and lacks, with what is wrong; `undefined` where there is none. */
export function settingFault(type: HookType, given: Readonly<Record<string, unknown>>): { setting: string; detail: string } | undefined {
  const { takes, needs = [] } = RULES[type];
  const known: readonly string[] = ["type", "secret", "copy", ...takes];
  const foreign = Object.keys(given).find((setting) => !known.includes(setting));
  if (foreign !== undefined) {
    return { setting: foreign, detail: `is no setting of a hook of type "${type}"` };
  }
  const missing = needs.map((need) => [need].flat()).find((settings) => settings.every((setting) => given[setting] === undefined));
  if (missing === undefined) {
    return undefined;
  }
  const [setting = "", ...others] = missing;
  return { setting, detail: `${["is required", ...others].join(" where there is no ")} for a hook of type "${type}"` };
}

/** Whether events of the type can have a digest. */
export function bringsDigest(type: HookType): boolean {
  return RULES[type].hasDigest;
}
