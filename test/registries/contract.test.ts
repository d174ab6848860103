/**
 * One contract for the fake registry and for a real one, so that the fake can't drift from what it stands for.
 *
 * The fake is tried twice: strict, as the other tests use it, and with the switches that make it distribution 2.8.
 */
import { afterAll, beforeAll, describe, test } from "vitest";
import { hasDockerRegistry, startDockerRegistry } from "../support/docker-registry.ts";
import { send } from "../support/http.ts";
import { sha256 } from "../support/registry/digest.ts";
import { DISTRIBUTION_2_8 } from "../support/registry/quirks.ts";
import { startRegistry } from "../support/registry/server.ts";
import { BLOB_CASES } from "./contract-blobs.ts";
import { type Case, tryCase } from "./contract-case.ts";
import { BLOBS, DOCUMENTS, REPOSITORY } from "./contract-content.ts";
import { MANIFEST_CASES } from "./contract-manifests.ts";
import { UPLOAD_CASES } from "./contract-uploads.ts";

interface Running {
  url: string;
  stop: () => Promise<void>;
}

interface Kind {
  name: string;
  strict: boolean;
  start: () => Promise<Running>;
  /** Why it can't be tried on this machine. */
  missing?: string;
}

async function startFake(strict: boolean): Promise<Running> {
  const registry = await startRegistry({ quirks: strict ? {} : DISTRIBUTION_2_8 });
  return { url: registry.url, stop: () => registry.close() };
}

const KINDS: readonly Kind[] = [
  { name: "fake, strict", strict: true, start: () => startFake(true) },
  { name: "fake, as distribution 2.8", strict: false, start: () => startFake(false) },
  {
    name: "docker-registry",
    strict: false,
    start: () => startDockerRegistry(),
    ...(hasDockerRegistry() ? {} : { missing: "no docker-registry and no registry on the PATH" }),
  },
];

const CASES: readonly (readonly [string, readonly Case[]])[] = [
  ["blobs", BLOB_CASES],
  ["uploads", UPLOAD_CASES],
  ["manifests", MANIFEST_CASES],
];

/** Brings what the cases suppose to be there, by the very interface that they are about. */
async function fill(url: string): Promise<void> {
  for (const blob of BLOBS) {
    const { headers } = await send("POST", `${url}/v2/${REPOSITORY}/blobs/uploads/`);
    await send("PUT", `${headers.location}&digest=${sha256(blob)}`, { body: blob });
  }
  for (const { tag, mediaType, bytes } of DOCUMENTS) {
    await send("PUT", `${url}/v2/${REPOSITORY}/manifests/${tag}`, { headers: { "content-type": mediaType }, body: bytes });
  }
}

describe.each(KINDS)("$name", ({ start, strict, missing }) => {
  let running: Running | undefined;

  beforeAll(async () => {
    if (missing === undefined) {
      running = await start();
      await fill(running.url);
    }
  });

  afterAll(() => running?.stop());

  describe.each(CASES)("%s", (_, cases) => {
    const asked = cases.filter(({ onlyStrict }) => onlyStrict === undefined || strict);
    test.for(asked)("$name", async (one, { skip }) => {
      if (running === undefined) {
        return skip(missing);
      }
      await tryCase(one, { url: running.url, strict });
    });
  });
});
