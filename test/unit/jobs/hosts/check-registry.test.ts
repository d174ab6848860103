import { expect, test } from "vitest";
import { checkRegistry } from "../../../../src/jobs/hosts/check-registry.ts";
import { CopyError } from "../../../../src/oci/errors.ts";
import { brokenConnection, type Exchange, ScriptedTransport } from "../../registry/scripted-transport.ts";

test.each<[string, Exchange["answer"], "pass" | "fail", string]>([
  ["200", { status: 200, body: "{}" }, "pass", "reached, and logged in where that is wanted"],
  ["401", { status: 401 }, "fail", "registry.example wants credentials, and refuses those of REGISTRY_AUTH or has none"],
  ["403", { status: 403 }, "fail", "registry.example answers 403"],
  ["404", { status: 404 }, "fail", "registry.example answers 404"],
  ["no answer", brokenConnection(), "fail", "no answer from registry.example"],
  [
    "a refusal of our own",
    new CopyError({ code: "address-refused", message: "10.0.0.1 is not public", retry: "never" }),
    "fail",
    "10.0.0.1 is not public",
  ],
])("a registry that gives %s to the look at its root", async (_, answer, status, detail) => {
  const transport = new ScriptedTransport([{ request: "GET /v2/", scopes: [], answer }]);
  expect(await checkRegistry(transport)).toEqual({ status, detail });
  transport.expectDone();
});
