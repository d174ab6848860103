/** The real thing: Debian's `docker-registry` (distribution 2.8), or a `registry` binary, in a process of its own. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { send } from "./http.ts";
import { onPath } from "./on-path.ts";
import { endProcess, freePort, startProcess } from "./processes.ts";
import { startTokenServer, type TokenServer } from "./token-server.ts";

/** The user that `htpasswd` and `token` registries know. A colon in a password is legal, and often forgotten. */
export const REGISTRY_USER = { user: "ship", password: "fleet:7" } as const;

/** `htpasswd -Bbn ship fleet:7`: distribution takes no other hash than bcrypt. */
const HTPASSWD_LINE = "ship:$2y$05$Qh6b8RJFfb9JNLuLp3rB4.ATo/dJkGrvv3Gt37W4M9eN76QjPlkb.";

/** How long a registry may take to answer for the first time, in milliseconds. */
const START_MS = 15_000;

export interface DockerRegistry {
  /** `http://127.0.0.1:<port>` */
  url: string;
  /** `127.0.0.1:<port>`, as it stands in references. */
  host: string;
  port: number;
  pid: number;
  /** Host of the token server, with `auth: "token"`. */
  tokenHost?: string;
  /** What it has logged so far. */
  logs(): string;
  /** Ends the process and removes what it stored. */
  stop(): Promise<void>;
}

interface DockerRegistryOptions {
  /** Anybody may do anything, {@link REGISTRY_USER} by Basic, or the same user by tokens, where anybody may pull. @default "none" */
  auth?: "none" | "htpasswd" | "token";
  /** @default any free port */
  port?: number;
  /** Where it stores. @default a new temporary folder, removed in the end */
  folder?: string;
  /** The program. @default {@link dockerRegistryBinary} */
  binary?: string;
  /** Whether its log tells every request: see `access-log.ts`. @default false */
  accessLog?: boolean;
  /** Whether it takes manifests that name what is not there: layers kept elsewhere and, from version 3 on, entries of an index. @default false */
  lenient?: boolean;
  /** Where it tells of every push and pull, and with which Authorization. @default nowhere */
  notify?: { url: string; authorization: string };
}

/** The binary on the PATH, or `undefined`. */
export function dockerRegistryBinary(): string | undefined {
  return onPath("docker-registry") ?? onPath("registry");
}

/** Whether this machine can run a real registry. Where not, tests that need one are skipped. */
export function hasDockerRegistry(): boolean {
  return dockerRegistryBinary() !== undefined;
}

/** Starts a registry and waits until it answers. Fails, with its log, where it does not. */
export async function startDockerRegistry(options: DockerRegistryOptions = {}): Promise<DockerRegistry> {
  const binary = options.binary ?? dockerRegistryBinary();
  if (binary === undefined) {
    throw new Error("neither docker-registry nor registry is on the PATH");
  }
  const folder = await mkdtemp(join(tmpdir(), "docker-registry-"));
  const port = options.port ?? (await freePort());
  const tokens = options.auth === "token" ? await startTokenServer(folder, REGISTRY_USER) : undefined;
  await writeFile(join(folder, "htpasswd"), `${HTPASSWD_LINE}\n`);
  const { auth = "none", accessLog = false, lenient = false, notify } = options;
  const storage = options.folder ?? join(folder, "storage");
  const config = configuration({ port, folder, storage, auth, tokens, accessLog, lenient, notify });
  // JSON is YAML.
  await writeFile(join(folder, "config.yml"), JSON.stringify(config));
  const { child, logs } = startProcess(binary, ["serve", join(folder, "config.yml")], { env: cleanEnvironment() });
  const stop = async (): Promise<void> => {
    await endProcess(child, "SIGKILL");
    await tokens?.close();
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  try {
    await answering(child, url);
  } catch (error) {
    await stop();
    throw new Error(`${binary} did not start: ${error instanceof Error ? error.message : error}\n${logs()}`);
  }
  return {
    url,
    host: `127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    ...(tokens === undefined ? {} : { tokenHost: tokens.host }),
    logs,
    stop,
  };
}

interface Setup {
  port: number;
  folder: string;
  storage: string;
  auth: "none" | "htpasswd" | "token";
  tokens: TokenServer | undefined;
  accessLog: boolean;
  lenient: boolean;
  notify: { url: string; authorization: string } | undefined;
}

/** See distribution `docs/configuration.md`. */
function configuration({ port, folder, storage, auth, tokens, accessLog, lenient, notify }: Setup): object {
  const auths = {
    none: {},
    htpasswd: { htpasswd: { realm: "test registry", path: join(folder, "htpasswd") } },
    token: { token: { realm: tokens?.realm, service: tokens?.service, issuer: tokens?.issuer, rootcertbundle: tokens?.certificateFile } },
  };
  return {
    version: 0.1,
    log: { level: "warn", accesslog: { disabled: !accessLog } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true }, maintenance: { uploadpurging: { enabled: false } } },
    http: { addr: `127.0.0.1:${port}`, secret: "for tests" },
    ...(auth === "none" ? {} : { auth: auths[auth] }),
    ...(lenient ? { validation: { manifests: { urls: { allow: ["^https?://"] }, indexes: { platforms: "none" } } } } : {}),
    ...(notify === undefined ? {} : { notifications: { endpoints: [endpoint(notify)] } }),
  };
}

/** As in distribution's documentation, with its default times. */
function endpoint({ url, authorization }: { url: string; authorization: string }): object {
  return { name: "hook", url, headers: { Authorization: [authorization] }, timeout: "1s", threshold: 10, backoff: "1s" };
}

/** Without `REGISTRY_…` and `OTEL_…`, which would change its configuration. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(REGISTRY|OTEL)_/.test(name)));
}

/** Waits until `/v2/` answers anything at all. */
async function answering(child: ChildProcess, url: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error(`it ended with ${child.exitCode ?? child.signalCode}`);
    }
    try {
      await send("GET", `${url}/v2/`);
      return;
    } catch (error) {
      if (Date.now() > deadline) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
