/** The fault table, third part: tokens that end. */
import { describe, expect, it } from "vitest";
import type { RegistryOptions } from "../../support/registry/fake-registry.ts";
import type { LoggedRequest } from "../../support/registry/request-log.ts";
import { PASSWORD, USER } from "../../support/worker-variables.ts";
import { commitOf, expectOutcome, type FaultRow, putting, reading, SIZE, whileHeld } from "./fault-row.ts";

/** Logs in with tokens. All registries here do: the Worker remembers how a host wants it. */
const TOKENS: RegistryOptions = { auth: { kind: "bearer", user: USER, password: PASSWORD } };

/** The same, and wants the layer in several chunks. */
const TOKENS_AND_CHUNKS: RegistryOptions = { ...TOKENS, quirks: { chunkMaxLength: 1024 * 1024 } };

/** Slower than anything else here, so that something can happen in between. */
const SLOWLY = 4_000_000;

describe("lets the token expire", () => {
  it.each<FaultRow>([
    {
      side: "source",
      fault: "in mid-blob",
      given: reading({ rate: SLOWLY, resetAfter: SIZE / 2 }),
      meanwhile: async ({ from, layer }) => {
        await from.waitForRequests({ path: layer });
        await from.expire("tokens");
      },
      read: 1.5,
      also: async ({ from }) => expect((await from.counts()).tokens).toBeGreaterThan(1),
    },
    {
      side: "destination",
      fault: "in mid-blob",
      given: putting({ requestRate: SLOWLY, resetRequestAfter: SIZE / 2 }),
      meanwhile: async ({ to, layer }) => {
        await to.waitForRequests({ method: "PUT", path: layer.slice(7) });
        await to.expire("tokens");
      },
      read: 2,
      sent: 2,
      also: async ({ to }) => expect((await to.counts()).tokens).toBeGreaterThan(1),
    },
    {
      side: "destination",
      fault: "between two chunks",
      to: TOKENS_AND_CHUNKS,
      ...whileHeld(
        "to",
        () => ({ method: "PATCH", path: "/uploads/", skip: 1 }),
        ({ to }) => to.expire("tokens"),
      ),
      also: async ({ to }) => expect(statuses(await to.requests({ method: "PATCH" })).slice(0, 3)).toEqual([202, 401, 202]),
    },
    {
      side: "destination",
      fault: "before the last PUT, which is empty",
      to: TOKENS_AND_CHUNKS,
      ...whileHeld("to", commitOf, ({ to }) => to.expire("tokens")),
      also: async (attempt) => expect(statuses(await attempt.to.requests(commitOf(attempt)))).toEqual([401, 201]),
    },
    {
      side: "destination",
      fault: "before the last PUT, which has the bytes",
      ...whileHeld("to", commitOf, ({ to }) => to.expire("tokens")),
      read: 2,
      sent: 2,
      also: async (attempt) => expect(statuses(await attempt.to.requests(commitOf(attempt)))).toEqual([401, 201]),
    },
    {
      side: "destination",
      fault: "whatever the token, on the last PUT",
      given: putting({ status: 401, headers: { "www-authenticate": "Bearer" } }, { times: "always" }),
      error: { code: "access-denied", side: "destination", upstream: { status: 401 } },
      read: 2,
      sent: 2,
    },
  ])("$side: $fault", (row) => expectOutcome({ from: TOKENS, to: TOKENS, ...row }));
});

function statuses(requests: readonly LoggedRequest[]): number[] {
  return requests.map(({ status }) => status);
}
