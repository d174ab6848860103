/** Which registry a failure names in the end. */
import { describe, expect, it } from "vitest";
import { withRegistry } from "../../../../src/jobs/images/failure-registry.ts";
import type { Failure } from "../../../../src/oci/errors.ts";

const SOURCE = { registry: "from.example", repository: "app" };
const TARGET = { registry: "to.example", repository: "app" };

const failure = (extra: Partial<Failure> = {}): Failure => ({ code: "timeout", message: "It took too long", retry: "later", ...extra });

describe("the registry of a failure", () => {
  it.each([
    ["source", "from.example"],
    ["destination", "to.example"],
  ] as const)("is that of the side which failed: %s", (side, registry) => {
    expect(withRegistry(failure({ side }), SOURCE, TARGET)).toEqual(failure({ side, registry }));
  });

  it.each<[string, Failure]>([
    ["belongs to neither end", failure()],
    ["is one of the stage", failure({ side: "staging" })],
    ["names a registry already", failure({ side: "source", registry: "mirror.example" })],
  ])("is left as it is where the failure %s", (_, given) => {
    expect(withRegistry(given, SOURCE, TARGET)).toBe(given);
  });

  it("is not made up where a failure at the destination concerns all of them", () => {
    const given = failure({ side: "destination" });
    expect(withRegistry(given, SOURCE, undefined)).toBe(given);
  });
});
