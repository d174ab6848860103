/**
 * A fake registry from the command line:
 *
 *     node test/support/registry/main.ts [--port N] [--user NAME --password WORD] [--bearer] [--blobs memory|file|discard] [--quirks JSON]
 *
 * Prints one line of JSON with its hosts, and runs until it gets SIGTERM or SIGINT.
 */
import { parseArgs } from "node:util";
import type { AuthOptions } from "./auth.ts";
import type { BlobStore } from "./content.ts";
import type { Quirks } from "./quirks.ts";
import { startRegistry } from "./server.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string" },
    user: { type: "string" },
    password: { type: "string", default: "" },
    bearer: { type: "boolean", default: false },
    blobs: { type: "string", default: "memory" },
    quirks: { type: "string", default: "{}" },
  },
});

function authOf(): AuthOptions {
  const { user, password } = values;
  if (values.bearer) {
    return { kind: "bearer", ...(user === undefined ? {} : { user, password }) };
  }
  return user === undefined ? { kind: "none" } : { kind: "basic", user, password };
}

const registry = await startRegistry({
  auth: authOf(),
  blobStore: values.blobs as BlobStore,
  quirks: JSON.parse(values.quirks) as Partial<Quirks>,
  ...(values.port === undefined ? {} : { port: Number(values.port) }),
});
const { url, host, tokenHost, storageHost } = registry;
process.stdout.write(`${JSON.stringify({ url, host, tokenHost, storageHost })}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    void registry.close();
  });
}
