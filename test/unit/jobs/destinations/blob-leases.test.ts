import { describe, expect, it } from "vitest";
import { BlobLeases, LEASE_MS } from "../../../../src/jobs/destinations/blob-leases.ts";
import { type Digest, digestOf } from "../../../../src/oci/digest.ts";

const [a, b] = ["a", "b"].map((name) => digestOf(new TextEncoder().encode(name))) as [Digest, Digest];

describe("blob leases", () => {
  it("go to the first who asks; the second waits, and knows the blob once it is there", () => {
    const leases = new BlobLeases();
    expect(leases.claim("one", [a, b], 0)).toEqual({ known: [], granted: [a, b], busy: [] });
    expect(leases.claim("two", [a, b], 1)).toEqual({ known: [], granted: [], busy: [a, b] });
    leases.release("one", [a], true, 2);
    leases.release("one", [b], false, 2);
    expect(leases.claim("two", [a, b], 3)).toEqual({ known: [a], granted: [b], busy: [] });
  });

  it("are given again to their holder, which may have been restarted", () => {
    const leases = new BlobLeases();
    leases.claim("one", [a], 0);
    expect(leases.claim("one", [a], 5).granted).toEqual([a]);
  });

  it("run out unless renewed, and then the next takes over", () => {
    const leases = new BlobLeases();
    leases.claim("one", [a], 0);
    leases.renew("one", [a], LEASE_MS - 1);
    expect(leases.claim("two", [a], LEASE_MS + 1).busy).toEqual([a]);
    expect(leases.firstExpiry([a], LEASE_MS + 1)).toBe(2 * LEASE_MS - 1);
    expect(leases.claim("two", [a], 2 * LEASE_MS).granted).toEqual([a]);
    leases.release("one", [a], false, 2 * LEASE_MS);
    expect(leases.claim("three", [a], 2 * LEASE_MS).busy).toEqual([a]);
  });

  it("wake everybody who waits for one when it is given back, and nobody else", async () => {
    const leases = new BlobLeases();
    leases.claim("one", [a, b], 0);
    const over = Promise.withResolvers<void>();
    const woken: string[] = [];
    const wait = (name: string, digests: Digest[]) => leases.released(digests, over.promise).then(() => woken.push(name));
    const waiting = [wait("for a", [a]), wait("for both", [a, b]), wait("for b", [b])];
    leases.release("one", [a], true, 1);
    await Promise.all(waiting.slice(0, 2));
    expect(woken).toEqual(["for a", "for both"]);
    over.resolve();
    await Promise.all(waiting);
  });
});
