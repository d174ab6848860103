/** The Worker's own bindings, by name: the objects that jobs share, and the stage. */
import type { RepositoryReference } from "../oci/reference.ts";
import type { BlobStage } from "../oci/stage.ts";
import { R2Stage } from "../staging/r2-stage.ts";
import type { DestinationLink } from "./destinations/destination-link.ts";

/** The ledger of all jobs. One object holds it while its thousand writes a second are enough; only this function knows that. */
export function ledgerOf(env: Cloudflare.Env) {
  return env.JOB_LEDGER.getByName("ledger");
}

/** The object that watches over a destination repository. `onCall` is told of each call, which is a subrequest. */
export function destinationOf(env: Cloudflare.Env, { registry, repository }: RepositoryReference, onCall: () => void): DestinationLink {
  // A stub that failed once keeps failing: each call takes a new one.
  const stub = () => {
    onCall();
    return env.DESTINATIONS.getByName(`${registry}/${repository}`);
  };
  return {
    claim: (holder, digests) => stub().claim(holder, digests),
    renew: (holder, digests) => stub().renew(holder, digests),
    release: (holder, digests, present) => stub().release(holder, digests, present),
    waitFor: (digests, ms) => stub().waitFor(digests, ms),
    beginTag: (write) => stub().beginTag(write),
    endTag: (write, outcome, extent) => stub().endTag(write, outcome, extent),
    noteTag: (write, made) => stub().noteTag(write, made),
    noteTags: (writes) => stub().noteTags(writes),
    isSparse: (digest) => stub().isSparse(digest),
    noteExtent: (digest, extent) => stub().noteExtent(digest, extent),
  };
}

/** The object that delivers a job's callbacks. */
export function jobCallbacksOf(env: Cloudflare.Env, job: string) {
  return env.JOB_CALLBACKS.getByName(job);
}

/** The schedule. One object: it is woken once a minute. */
export function syncScheduleOf(env: Cloudflare.Env) {
  return env.SYNC_SCHEDULE.getByName("schedule");
}

/** The object that watches over a registry host. */
export function registryHost(env: Cloudflare.Env, registry: string) {
  return env.REGISTRY_HOSTS.getByName(registry);
}

/** The bucket, or `undefined` where the binding was taken out of `wrangler.toml`: everything but staging works without. */
export function stageBucket(env: Cloudflare.Env): R2Bucket | undefined {
  return (env as Partial<Cloudflare.Env>).STAGE;
}

/** The stage for blobs on their way; `undefined` where there is no bucket, and jobs then copy without it. */
export function stageOf(env: Cloudflare.Env): BlobStage | undefined {
  const bucket = stageBucket(env);
  return bucket === undefined ? undefined : new R2Stage({ bucket, now: () => Date.now() });
}
