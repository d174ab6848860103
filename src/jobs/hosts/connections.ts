/** Opens repositories for a copy: the one place where configuration, credentials and the registry client come together. */
import type { Config } from "../../config/config.ts";
import { permitsOf } from "../../config/registries.ts";
import type { Effects } from "../../net/effects.ts";
import { DEFAULT_RETRY_POLICY, type RetryPolicy } from "../../net/retry-policy.ts";
import type { Side } from "../../oci/errors.ts";
import type { RepositoryReference } from "../../oci/reference.ts";
import { createEcrRepository, secretsOfKeys } from "../../registry/cloud/ecr.ts";
import { creatingRepository } from "../../registry/cloud/repository-creation.ts";
import { serviceOn } from "../../registry/cloud/service.ts";
import { credentialsFor } from "../../registry/credentials.ts";
import { RepositoryDirectory } from "../../registry/directory.ts";
import { endpointFor } from "../../registry/endpoint.ts";
import { permitsFrom } from "../../registry/permit.ts";
import type { Quota } from "../../registry/quota.ts";
import { ReferrersSupport } from "../../registry/referrers-support.ts";
import { Repository } from "../../registry/repository.ts";
import type { Transport } from "../../registry/request.ts";
import { TokenCache } from "../../registry/token-cache.ts";
import { createTransport } from "../../registry/transport.ts";
import { uploadPlanFor } from "../../registry/upload-plan.ts";
import type { RequestTally } from "../ledger/request-tally.ts";
import { WarningLog } from "../ledger/warning-log.ts";
import { workerLog } from "../ledger/worker-log.ts";
import { SHORTEST_ASKED_MS } from "../patience.ts";
import { cloudLogin, ecrAccess } from "./cloud-logins.ts";
import type { HostLink } from "./host-link.ts";
import { LearnedPlans } from "./learned-plans.ts";
import { learnedReferrers } from "./learned-referrers.ts";
import { paced } from "./spare-host.ts";

/** Tokens of this isolate: one job's carriers, and other jobs for the same registry, need not log in again. */
const tokens = new TokenCache();

/** Upload plans that registries have insisted on, as far as this isolate knows. */
const learnedPlans = new LearnedPlans();

/** Registries of this isolate that have the referrers API, and those that have none. */
export const referrersSupport = new ReferrersSupport();

const warnings = new WarningLog();

/**
 * For the requests of jobs. A pause that a registry asks for is not slept through inside them, where nobody sees it and nobody else knows of it: the
 * failure goes to the job, which says that it waits, and has every other job keep away too. Only in the middle of a blob, which would have to move again,
 * a carry sleeps through a short one (`copy/resumption.ts`).
 */
export const TELLS_PAUSES: RetryPolicy = { ...DEFAULT_RETRY_POLICY, inlineWaitMs: SHORTEST_ASKED_MS };

/** What it takes to open a repository. */
export interface Connector {
  config: Config;
  effects: Effects;
  /** The object that watches over a registry host. */
  hostOf(registry: string): HostLink;
  /** Where requests are counted. @default nowhere */
  tally?: RequestTally;
  /** Told what a registry says of its quota. @default nobody */
  onQuota?: (registry: string, quota: Quota) => void;
  /** @default DEFAULT_RETRY_POLICY */
  retry?: RetryPolicy;
}

/**
 * Opens one repository as the source or the target of a copy; no request is made yet. `signal` ends its requests, but for those that
 * give an upload back.
 *
 * Fails with `unsupported` where the host's credentials come from a helper whose work can't be done here.
 */
export function openRepository(connector: Connector, side: Side, name: RepositoryReference, signal?: AbortSignal): Repository {
  const { config, effects, hostOf } = connector;
  const { registry, repository } = name;
  const plan = uploadPlanFor(registry, config.registries[registry]);
  return new Repository({
    transport: transportTo(connector, side, name),
    repository,
    plan,
    planMemory: learnedPlans.memoryOf(registry, plan, () => hostOf(registry), effects.now),
    effects,
    as: side === "source" ? "source" : "target",
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Opens what a repository tells of its content. No request is made yet; `signal` and failures as with {@link openRepository}. */
export function openDirectory(connector: Connector, side: Side, name: RepositoryReference, signal?: AbortSignal): RepositoryDirectory {
  return new RepositoryDirectory({
    transport: transportTo(connector, side, name),
    repository: name.repository,
    as: side === "source" ? "source" : "target",
    memory: learnedReferrers(referrersSupport, name.registry, () => connector.hostOf(name.registry), connector.effects.now),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The way to one repository's registry, logged in and guarded. No request is made yet. */
export function transportTo(
  { config, effects: plain, hostOf, tally, onQuota, retry }: Connector,
  side: Side,
  { registry, repository }: RepositoryReference,
): Transport {
  const settings = config.registries[registry];
  const effects = tally?.counting(plain, registry) ?? plain;
  const endpoint = endpointFor(registry, settings, side);
  const found = credentialsFor(config.dockerConfig, registry, repository);
  const credentials =
    found !== undefined && "helper" in found ? { id: found.id, cloud: cloudLogin(config, found.helper, endpoint) } : found;
  const wire = { endpoint, effects: paced(effects, settings, () => hostOf(registry)), headersTimeoutMs: config.stallSeconds * 1000 };
  const transport = createTransport({
    ...wire,
    ...(retry === undefined ? {} : { retry }),
    permits: permitsOf(config.registries),
    tokens,
    shared: {
      take: async (key, marginMs, refused) => (await hostOf(registry).takeToken(key, marginMs, refused ?? null)) ?? undefined,
      give: async (key, issued) => await hostOf(registry).giveToken(key, issued ?? null),
    },
    onWarning: (text) => warnings.note(workerLog(config), registry, text),
    ...(onQuota === undefined ? {} : { onQuota: (quota: Quota) => onQuota(registry, quota) }),
    ...(settings?.realms === undefined ? {} : { realms: settings.realms }),
    ...(credentials === undefined ? {} : { credentials }),
  });
  const access = side === "destination" && settings?.createRepository === true ? ecrAccess(config, registry) : undefined;
  if (access === undefined) {
    return transport;
  }
  const ask = serviceOn(wire, () => secretsOfKeys(access.keys));
  return creatingRepository(transport, repository, () => createEcrRepository(access, repository, ask, effects.now));
}

/**
 * The way to a host that the URL of a layer in `registry` names: without credentials, and with no more rights than any address has that somebody else
 * chose. As the source of a copy.
 */
export function foreignTransport({ config, effects, hostOf }: Connector, registry: string, url: URL): Transport {
  return createTransport({
    endpoint: { registry: url.host, base: url, side: "source" },
    effects: paced(effects, config.registries[url.host], () => hostOf(url.host)),
    permits: permitsFrom(registry, permitsOf(config.registries)),
    tokens,
    headersTimeoutMs: config.stallSeconds * 1000,
    realms: [],
  });
}

/** Whether a blob may be mounted from the source's repository: the same registry, reached with the same credentials. */
export function canMount(config: Config, source: RepositoryReference, target: RepositoryReference): boolean {
  if (source.registry !== target.registry || source.repository === target.repository) {
    return false;
  }
  const idOf = (name: RepositoryReference) => {
    const found = credentialsFor(config.dockerConfig, name.registry, name.repository);
    return found?.id;
  };
  return idOf(source) === idOf(target);
}
