/** What senders do that their documentation does not make one expect; each is one of `triggers.md`'s traps, or was met since. */
import { describe, expect, test } from "vitest";
import { HOOK_SAMPLES } from "../../../support/hook-samples/all.ts";
import { distributionEvent } from "../../../support/hook-samples/plain.ts";
import type { HookSample } from "../../../support/hook-samples/sample.ts";
import { DIGEST, type HookAnswer, hookFixture, PUSH, sampleOf } from "../../api/hook-fixture.ts";

type Json = Record<string, unknown>;

/** A sample's body with changes at paths; `undefined` takes the place out. */
function changed(sample: HookSample, changes: Readonly<Record<string, unknown>>): unknown {
  const body: unknown = structuredClone(sample.body(PUSH));
  for (const [path, value] of Object.entries(changes)) {
    const steps = path.split(".");
    const last = steps.pop() ?? "";
    const inside = steps.reduce<Json>((place, step) => place[step] as Json, body as Json);
    if (value === undefined) {
      delete inside[last];
    } else {
      inside[last] = value;
    }
  }
  return body;
}

interface Outcome {
  /** Sources of the jobs. */
  sources: string[];
  reasons: string[];
  answer: HookAnswer;
}

async function outcome(
  title: string,
  changes: Record<string, unknown>,
  settings: object = {},
  headers: Record<string, string> = {},
): Promise<Outcome> {
  const sample = sampleOf(HOOK_SAMPLES, title);
  const api = hookFixture({ ...sample.settings, ...settings });
  const answer = await api.deliver(sample, { body: changed(sample, changes), headers });
  expect(api.unexpected).toEqual([]);
  return {
    sources: api.submitted.map(({ request }) => request.source),
    reasons: answer.ignored.map(({ reason }) => reason),
    answer,
  };
}

const PINNED = `acme/app:1.2.3@${DIGEST}`;
const UNTAGGED = "it has no tag: the platforms of an image come with their index";

describe("copied all the same", () => {
  test.each<[string, string, Record<string, unknown>, string[]]>([
    ["Docker Hub", "an image of Docker's own", { "repository.repo_name": "library/busybox" }, ["docker.io/library/busybox:1.2.3"]],
    [
      "Docker Hub",
      "Alibaba's form, with a digest",
      { "repository.repo_name": undefined, "repository.repo_full_name": "acme/app", "push_data.digest": DIGEST },
      [`docker.io/${PINNED}`],
    ],
    ["GitHub, package", "the type in the schema's spelling", { "package.package_type": "docker" }, [`ghcr.io/${PINNED}`]],
    [
      "GitHub, package",
      "no tag in the metadata, but in the URL",
      { "package.package_version.container_metadata.tag.name": "" },
      [`ghcr.io/${PINNED}`],
    ],
    [
      "GitHub, package",
      "no manifest in the metadata: the version is its digest",
      { "package.package_version.container_metadata": { tag: { name: "1.2.3" } } },
      [`ghcr.io/${PINNED}`],
    ],
    ["GitHub, package", "no URL", { "package.package_version.package_url": "" }, [`ghcr.io/${PINNED}`]],
    ["Harbor", "version 1's name of the event", { type: "pushImage" }, [`harbor.dev/${PINNED}`]],
    ["Quay", "several tags", { updated_tags: ["a", "b"] }, ["quay.io/acme/app:a", "quay.io/acme/app:b"]],
    ["Quay", "tags as a map", { updated_tags: { latest: "imageid" } }, ["quay.io/acme/app:latest"]],
    ["distribution, envelope v2", "no media type", { "events.0.target.mediaType": undefined }, [`reg.example.com/${PINNED}`]],
    [
      "distribution, envelope v2",
      "a host with a port",
      { "events.0.request.host": "REG.example.com:5000" },
      [`reg.example.com:5000/${PINNED}`],
    ],
    ["ECR, EventBridge", "a region in China", { region: "cn-north-1" }, [`123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/${PINNED}`]],
    [
      "Artifactory, the secret itself",
      "a file that is not the manifest: its hash is no digest",
      { "data.name": "other.json" },
      ["example.jfrog.io/docker-local/acme/app:1.2.3"],
    ],
  ])("%s: %s", async (title, _what, changes, sources) => {
    expect(await outcome(title, changes)).toMatchObject({ sources, answer: { status: 202 } });
  });

  test("GitHub's form instead of JSON", async () => {
    const sample = sampleOf(HOOK_SAMPLES, "GitHub, package");
    const api = hookFixture(sample.settings);
    const text = new URLSearchParams({ payload: JSON.stringify(sample.body(PUSH)) }).toString();
    const headers = {
      ...sample.headers,
      ...(await sample.proof?.("It's a Secret to Everybody", text)),
      authorization: "",
      "content-type": "application/x-www-form-urlencoded",
    };
    expect((await api.send("POST", "/hooks/main", { headers, body: text })).status).toBe(202);
    expect(api.submitted.map(({ request }) => request.source)).toEqual([`ghcr.io/${PINNED}`]);
  });

  test.each<[string, Record<string, unknown>, object, string]>([
    [
      "distribution, envelope v2",
      { "events.0.request.host": "registry:5000" },
      { registry: "reg.example.com" },
      `reg.example.com/${PINNED}`,
    ],
    ["distribution, envelope v2", { "events.0.request.host": "" }, { registry: "reg.example.com" }, `reg.example.com/${PINNED}`],
    ["Artifactory, the secret itself", { jpd_origin: "" }, { registry: "acme.jfrog.io" }, `acme.jfrog.io/docker-local/${PINNED}`],
    ["Artifactory, the secret itself", {}, { repositoryKey: "docker-virtual" }, `example.jfrog.io/docker-virtual/${PINNED}`],
    ["Artifactory, the secret itself", {}, { registry: "docker-local.acme.com", repositoryKey: "" }, `docker-local.acme.com/${PINNED}`],
    ["Gitea", { "package.html_url": undefined }, { registry: "git.acme.com" }, "git.acme.com/acme/app:1.2.3"],
  ])("%s with settings: %j %j", async (title, changes, settings, source) => {
    expect(await outcome(title, changes, settings)).toMatchObject({ sources: [source], reasons: [] });
  });

  test("CloudEvents in a batch, with data in base64, and with percent-encoded headers", async () => {
    const sample = sampleOf(HOOK_SAMPLES, "CloudEvents, structured");
    const api = hookFixture(sample.settings);
    const { data, ...event } = sample.body(PUSH) as { data: unknown };
    const encoded = { ...event, data_base64: btoa(JSON.stringify(data)) };
    await api.deliver(sample, {
      body: [encoded, { ...encoded, id: undefined }],
      headers: { "content-type": "application/cloudevents-batch+json" },
    });
    const zot = sampleOf(HOOK_SAMPLES, "CloudEvents, binary");
    await api.deliver(zot, { headers: { "ce-type": "zotregistry%2Eimage.updated" } });
    expect(api.submitted.map(({ request }) => request.source)).toEqual([`harbor.dev/${PINNED}`]);
    const named = hookFixture(zot.settings);
    await named.deliver(zot, { headers: { "ce-type": "zotregistry%2Eimage.updated" } });
    expect(named.submitted.map(({ request }) => request.source)).toEqual([`zot.example.com/${PINNED}`]);
  });
});

describe("ignored, with the reason", () => {
  const HUB_DIGEST = { "push_data.tag": DIGEST };
  test.each<[string, string, Record<string, unknown>, string]>([
    ["Docker Hub", "no tag", { "push_data.tag": "" }, UNTAGGED],
    ["Docker Hub", "a digest for a tag", HUB_DIGEST, UNTAGGED],
    ["Docker Hub", "a tag with a slash", { "push_data.tag": "a/b" }, "what was pushed has no valid reference (Invalid repository"],
    ["Docker Hub", "a tag that is none", { "push_data.tag": "-x" }, "what was pushed has no valid reference (Invalid tag"],
    ["Docker Hub", "a number for a tag", { "push_data.tag": 1.5 }, UNTAGGED],
    [
      "GitHub, package",
      "an untagged version",
      { "package.package_version.container_metadata.tag.name": "", "package.package_version.package_url": "ghcr.io/Acme/App:" },
      UNTAGGED,
    ],
    ["GitHub, package", "a package that is no image", { "package.package_type": "npm" }, 'a package of type "npm" is no container image'],
    ["GitHub, package", "another action", { action: "deleted" }, 'the action "deleted" is no push'],
    [
      "GitHub, package",
      "a digest that is none",
      { "package.package_version.container_metadata.manifest.digest": "sha256:abc" },
      "what was pushed has no valid reference (Invalid digest",
    ],
    ["Harbor", "a digest for a tag", { "event_data.resources.0.tag": DIGEST }, UNTAGGED],
    ["Harbor", "a pull", { type: "PULL_ARTIFACT" }, "the event PULL_ARTIFACT is no push"],
    ["Harbor, CloudEvents", "a deletion", { type: "harbor.artifact.deleted" }, "the event harbor.artifact.deleted is no push"],
    ["Quay", "no tags", { updated_tags: [] }, "no tag was pushed"],
    ["distribution, envelope v2", "a mount", { "events.0.action": "mount" }, "a mount is no push"],
    ["distribution, envelope v2", "a layer", { "events.0.target.mediaType": "application/octet-stream" }, "a blob is no image"],
    [
      "distribution, envelope v2",
      "no host",
      { "events.0.request.host": "" },
      'the event does not name its registry: set "registry" for this hook',
    ],
    [
      "distribution, envelope v2",
      "a host that references can't name",
      { "events.0.request.host": "registry" },
      'registry is not a registry\'s host: set "registry" for this hook',
    ],
    ["distribution, envelope v2", "a host that is none", { "events.0.request.host": "a b/c" }, "what was pushed has no valid reference"],
    ["Azure", "a ping", { action: "ping", target: undefined }, "a ping is no push"],
    ["Azure", "a deletion", { action: "delete" }, "a delete is no push"],
    ["ECR, EventBridge", "no tag", { "detail.image-tag": undefined }, UNTAGGED],
    ["ECR, EventBridge", "a push that failed", { "detail.result": "FAILURE" }, "the push failed"],
    [
      "ECR, EventBridge",
      "a scan",
      { "detail-type": "ECR Image Scan", "detail.action-type": undefined },
      'the event "ECR Image Scan" with the action "" is no push',
    ],
    [
      "Artifactory, the secret itself",
      "a platform of an image",
      { "data.tag": DIGEST, "data.path": `app/${DIGEST}/manifest.json` },
      UNTAGGED,
    ],
    ["Artifactory, the secret itself", "a deletion", { event_type: "deleted" }, "the event deleted is no push"],
    [
      "Artifactory, the secret itself",
      "no custom base URL",
      { jpd_origin: "" },
      'the event does not name its registry: set "registry" for this hook',
    ],
    ["zot", "a digest for a reference", { reference: DIGEST }, UNTAGGED],
    ["Gitea", "a platform of an image", { "package.version": DIGEST }, UNTAGGED],
    ["Gitea", "a package that is no image", { "package.type": "npm" }, 'a package of type "npm" is no container image'],
    ["Gitea", "a deletion", { action: "deleted" }, 'the action "deleted" is no push'],
    [
      "CloudEvents, structured",
      "a type that nobody knows",
      { type: "com.example.thing" },
      "events of type com.example.thing are not known here",
    ],
    ["CloudEvents, structured", "an older version", { specversion: "0.3" }, "this is no event that a sender of CloudEvents 1.0 sends"],
    ["generic, with rules", "a source that is none", { source: "a//b" }, '"source" is not an image reference'],
  ])("%s: %s", async (title, _what, changes, reason) => {
    const { sources, reasons, answer } = await outcome(title, changes);
    expect([answer.status, sources]).toEqual([200, []]);
    expect(reasons[0]).toContain(reason);
  });

  test.each([
    ["GitHub, package", { "x-github-event": "ping" }, 'the event "ping" is no push of an image'],
    ["GitHub, package", { "x-gitea-event": "package" }, "this comes from Gitea"],
    ["Gitea", { "x-gitea-event": "push" }, 'the event "push" is no push of a package'],
    ["zot", { "ce-type": "zotregistry.repository.created" }, "the event zotregistry.repository.created is no push"],
  ])("%s with %j", async (title, headers, reason) => {
    const { reasons, answer } = await outcome(title, {}, {}, headers);
    expect(answer).toMatchObject({ status: 200, jobs: [] });
    expect(reasons[0]).toContain(reason);
  });

  test("what is shown of an event is short and has no control characters", async () => {
    const { answer } = await outcome("Harbor", { type: `\u0007PULL\n${"x".repeat(500)}` });
    expect(answer.ignored[0]?.reason).toMatch(/^the event PULL x{75}… is no push$/);
  });
});

test("Event Grid's question is answered with its code", async () => {
  const sample = sampleOf(HOOK_SAMPLES, "Azure, Event Grid");
  const body = [
    {
      id: "1",
      eventType: "Microsoft.EventGrid.SubscriptionValidationEvent",
      data: { validationCode: "512d38b6", validationUrl: "https://x" },
    },
  ];
  expect(await hookFixture(sample.settings).deliver(sample, { body })).toMatchObject({ status: 200, validationResponse: "512d38b6" });
});

test("an event of Azure's that has another event's shape inside is one event", async () => {
  const sample = sampleOf(HOOK_SAMPLES, "Azure");
  const api = hookFixture(sample.settings);
  await api.deliver(sample, {
    body: { ...distributionEvent(PUSH, "myreg.azurecr.io"), events: [distributionEvent(PUSH, "other.azurecr.io")] },
  });
  expect(api.submitted.map(({ request }) => request.source)).toEqual([`myreg.azurecr.io/${PINNED}`]);
});
