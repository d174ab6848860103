/** What a failure means to the user, and what can be done about it, as in the README's table of errors. Pure. */

interface Advice {
  /** What has happened, in a few words. */
  meaning: string;
  /** What to do. */
  remedy: string;
}

const ADVICE: Readonly<Record<string, Advice>> = {
  "not-found": {
    meaning: "The registry does not have it",
    remedy:
      "Check the reference for typing errors. Some registries say “not found” for what a token may not see: then check REGISTRY_AUTH for this host.",
  },
  "access-denied": {
    meaning: "The registry refuses the credentials, or wants some",
    remedy: "Check the entry of REGISTRY_AUTH for this host, and what its user or token may do there. Then retry.",
  },
  "address-refused": {
    meaning: "This address may not be asked",
    remedy:
      "It is plain HTTP, private, or a host that may not be asked for tokens. If it is yours, name it in REGISTRIES (http, private, realms). Then retry.",
  },
  "digest-mismatch": {
    meaning: "The bytes are not what the manifest says",
    remedy:
      "Nothing was committed. The source is damaged, or something on the way changes content. Pull it from the source by digest to see which.",
  },
  "size-mismatch": {
    meaning: "There are more or fewer bytes than the manifest says",
    remedy:
      "Nothing was committed. The source is damaged, or something on the way changes content. Pull it from the source by digest to see which.",
  },
  "manifest-invalid": {
    meaning: "What came is not a sound manifest",
    remedy: "Look at the source: the reference may not be an image, or it was pushed damaged.",
  },
  "tag-immutable": {
    meaning: "The destination does not let this tag be changed",
    remedy: "Choose another tag, or copy with overwrite “never” to leave it as it is.",
  },
  "destination-refused": {
    meaning: "The destination does not take this content",
    remedy: "Its own words, below, say why: a quota, a type that it does not know, a policy. Mend that there, then retry.",
  },
  unsupported: { meaning: "transship can't do this", remedy: "Nothing was written. The message says what can be done instead." },
  "rate-limited": {
    meaning: "The registry asks for a longer pause than a job waits",
    remedy: "Retry later, or give REGISTRY_AUTH an account with a higher limit.",
  },
  "registry-unavailable": {
    meaning: "The registry does not answer, or only with errors",
    remedy: "Retry when the registry is back: what was copied already stays.",
  },
  timeout: { meaning: "The registry takes too long", remedy: "Retry when the registry is faster: what was copied already stays." },
  cancelled: { meaning: "Cancelled", remedy: "No tag was written. Retry takes it up from what was copied already." },
  internal: { meaning: "A fault of transship's own", remedy: "Please report it, with the job's id. A retry may still succeed." },
  unauthorized: { meaning: "This needs a token", remedy: "Enter one that API_TOKENS knows." },
  forbidden: { meaning: "Not allowed", remedy: "The token's rules, or POLICY, do not cover this. Ask who runs this service." },
  conflict: { meaning: "Too late for that", remedy: "The job has moved on; what is shown is its newest state." },
  "invalid-request": { meaning: "Something in the request is not right", remedy: "See the marked fields." },
  "too-large": { meaning: "The request is too large", remedy: "Fewer patterns and labels make it smaller." },
};

/** The advice for the code of a problem; undefined for an unknown code. */
export function adviceFor(code: string): Advice | undefined {
  return Object.hasOwn(ADVICE, code) ? ADVICE[code] : undefined;
}
