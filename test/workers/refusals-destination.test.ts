/** Destinations that don't take an image, and addresses that are not allowed: the documented error, and nothing left behind. */
import { describe, expect, it, test } from "vitest";
import { copy, freshName, registry } from "../support/copy-service.ts";
import { NOBODY } from "../support/worker-variables.ts";
import { at, DENIED, errorBody, expectRefused, type RefusedCase, reading } from "./refused-copy.ts";

const TAG = { path: "/manifests/1.0" };
const PUT_TAG = { ...TAG, method: "PUT" };
const POST = { method: "POST", path: "/blobs/uploads/" };
const PUT_BLOB = { method: "PUT", path: "/blobs/uploads/" };

/** Another image under the tag, which is to stay. */
const taken: NonNullable<RefusedCase["prepare"]> = ({ to, name }) => to.putImage(name, "1.0", { seed: "stays" });

describe("a destination that", () => {
  it.each<RefusedCase>([
    {
      what: "denies the first upload",
      prepare: at("to", POST, DENIED),
      error: { code: "access-denied", side: "destination", upstream: { status: 403, code: "DENIED" } },
    },
    {
      what: "denies the blob",
      prepare: at("to", PUT_BLOB, DENIED),
      error: { code: "access-denied", side: "destination", upstream: { status: 403, code: "DENIED" } },
    },
    {
      what: "denies the tag",
      prepare: at("to", PUT_TAG, DENIED),
      error: { code: "access-denied", side: "destination", upstream: { status: 403, code: "DENIED" } },
    },
    {
      what: "knows another password",
      is: { to: { auth: { kind: "basic", user: "ship", password: "another" } } },
      error: { code: "access-denied", side: "destination", upstream: { status: 401 } },
    },
    {
      what: "does not have the repository",
      is: { to: { quirks: { repositories: "must-exist-404" } } },
      error: { code: "not-found", side: "destination", upstream: { status: 404, code: "NAME_UNKNOWN" } },
    },
    {
      what: "is not there",
      destination: () => `${NOBODY}/a/b:1`,
      names: NOBODY,
      error: { code: "registry-unavailable", side: "destination" },
    },
    {
      what: "is out of order for uploads",
      prepare: at("to", POST, { status: 500 }),
      error: { code: "registry-unavailable", side: "destination", upstream: { status: 500 } },
    },
    {
      what: "answers HTML where the tag is looked up",
      prepare: at("to", TAG, { html200: true }),
      error: { code: "manifest-invalid", side: "destination" },
    },
    {
      what: "answers HTML where an upload begins",
      prepare: at("to", POST, { html200: true }),
      error: { code: "destination-refused", side: "destination", upstream: { status: 200 } },
    },
    {
      what: "says that the blob is another one",
      prepare: at("to", PUT_BLOB, { status: 400, body: errorBody("DIGEST_INVALID") }),
      error: { code: "digest-mismatch", side: "destination", upstream: { status: 400, code: "DIGEST_INVALID" } },
    },
    {
      what: "does not take the manifest",
      prepare: at("to", PUT_TAG, { status: 400, body: errorBody("MANIFEST_INVALID") }),
      error: { code: "destination-refused", side: "destination", upstream: { status: 400, code: "MANIFEST_INVALID" } },
    },
    {
      what: "knows no OCI manifests",
      is: { to: { quirks: { manifestTypes: "docker" } } },
      error: { code: "destination-refused", side: "destination", upstream: { status: 400, code: "MANIFEST_INVALID" } },
    },
    ...(["ecr", "harbor", "denied"] as const).map(
      (existingTag): RefusedCase => ({
        what: `does not let the tag be changed, in the manner of ${existingTag}`,
        is: { to: { quirks: { existingTag } } },
        prepare: taken,
        error: { code: "tag-immutable", side: "destination" },
      }),
    ),
  ])("$what", expectRefused);

  test("takes the manifest and answers with another digest is not believed", async () => {
    const [from, to, name] = [await registry(), await registry(), freshName()];
    await from.putImage(name, "1.0", { seed: "other digest", platforms: ["linux/amd64"], index: "none" });
    const other = `sha256:${"2".repeat(64)}`;
    await to.fail({ ...PUT_TAG, times: "always", action: { headers: { "docker-content-digest": other } } });

    const job = await copy(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);

    expect(job).toMatchObject({ status: "failed", error: { code: "digest-mismatch", side: "destination", registry: to.host } });
  });
});

describe("an address that is not allowed", () => {
  const hosts = [
    "127.0.0.1:2",
    "localhost:5000",
    "registry.localhost:80",
    "10.0.0.1",
    "[::1]:5000",
    "[::ffff:7f00:1]:5000",
    "169.254.169.254",
    "registry.internal:443",
  ];

  it.each(hosts)("is that of a source: %s", async (host) => {
    await expectRefused({ what: "", source: () => `${host}/a/b:1`, names: host, error: { code: "address-refused", side: "source" } });
  });

  it.each(hosts)("is that of a destination: %s", async (host) => {
    const destination = () => `${host}/a/b:1`;
    await expectRefused({ what: "", destination, names: host, error: { code: "address-refused", side: "destination" } });
  });

  it.each<RefusedCase>([
    {
      what: "is where the source redirects the manifest to",
      prepare: at("from", { method: "GET", path: "/manifests/sha256:" }, { redirectTo: "http://10.0.0.1{path}" }),
      error: { code: "address-refused", side: "source" },
    },
    {
      what: "is where the source redirects the layer to: this machine",
      prepare: reading({ redirectTo: "http://localhost:5000{path}" }),
      error: { code: "address-refused", side: "source" },
    },
    {
      what: "is where the source redirects the layer to: a machine's metadata",
      prepare: reading({ redirectTo: "https://169.254.169.254/latest" }),
      error: { code: "address-refused", side: "source" },
    },
    {
      what: "is where the destination wants the upload",
      prepare: at("to", POST, { status: 202, headers: { location: "http://10.0.0.1/upload" } }),
      error: { code: "address-refused", side: "destination" },
    },
    {
      what: "is where the destination gives its tokens",
      is: { to: { auth: { kind: "bearer", challenge: 'Bearer realm="http://10.0.0.1/token",service="x"' } } },
      error: { code: "address-refused", side: "destination" },
    },
  ])("$what", expectRefused);
});
