/** `GET /jobs/{id}/content`: the tree that a job copies, with the state of every part, also when the job is over. */
import { expect, test } from "vitest";
import type { ContentPage } from "../../src/jobs/document.ts";
import { api, apiJson, copy, freshName, jobEnd, submit, twoRegistries } from "../support/copy-service.ts";

const content = (id: string, query = "") => apiJson<ContentPage>("GET", `/jobs/${id}/content${query}`);

test("an index, its manifests by platform, their layers, and how each came to its destination", async () => {
  const [from, to] = await twoRegistries();
  const [name, one, two] = [freshName(), freshName(), freshName()];
  const image = await from.putImage(name, "1", { seed: "content", layers: [3000, 200] });
  const { id } = await copy(`${from.host}/${name}:1`, [`${to.host}/${one}:1`, `${to.host}/${two}:1`]);

  const { manifests, cursor } = await content(id);
  expect(cursor).toBeNull();
  const [index, ...children] = manifests;
  expect(index).toMatchObject({
    digest: image.digest,
    at: [one, two].map((repository) => ({ repository: `${to.host}/${repository}`, status: "done" })),
    blobs: [],
  });
  expect(index?.manifests.map(({ platform }) => platform)).toEqual(["linux/amd64", "linux/arm64/v8"]);
  expect(children.map(({ digest }) => digest).toSorted()).toEqual(index?.manifests.map(({ digest }) => digest).toSorted());
  const blobs = children.flatMap((child) => child.blobs);
  expect(new Set(blobs.map(({ digest }) => digest))).toEqual(new Set(image.blobs.map(({ digest }) => digest)));
  for (const blob of blobs) {
    expect(blob.at.map(({ repository }) => repository)).toEqual([`${to.host}/${one}`, `${to.host}/${two}`]);
    // Read from the source once, then within the registry or from the stage.
    expect(blob.at.filter(({ status }) => status === "copied" || status === "mounted")).toHaveLength(2);
  }
});

test("page by page it is the same", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  await from.putImage(name, "1", { seed: "content pages", platforms: ["linux/amd64", "linux/arm64", "linux/s390x"], layers: [10] });
  const { id } = await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`);
  const all = await content(id);
  const pages: ContentPage["manifests"] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: ContentPage = await content(id, `?limit=1&cursor=${cursor}`);
    pages.push(...page.manifests);
    cursor = page.cursor;
  }
  expect(all.manifests).toHaveLength(4);
  expect(pages).toEqual(all.manifests);
});

test("of a job at work what is pending and what is done", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const image = await from.putImage(name, "1", { seed: "content at work", platforms: ["linux/amd64"], index: "none", layers: [50, 60] });
  const held = image.blobs.find(({ size }) => size === 60)?.digest;
  await from.fail({ method: "GET", path: `/blobs/${held}`, action: { hold: name } });
  const { id } = await submit(`${from.host}/${name}:1`, `${to.host}/${name}:1`);
  const stateOf = async (size: number) => {
    const { manifests } = await content(id);
    return manifests[0]?.blobs.find((blob) => blob.size === size)?.at[0]?.status;
  };
  await expect.poll(() => stateOf(50), { timeout: 10_000 }).toBe("copied");
  expect(await stateOf(60)).toBe("pending");
  await from.release(name);
  await jobEnd(id);
  expect(await stateOf(60)).toBe("copied");
});

test("of a dry run everything that a copy would bring is pending", async () => {
  const [from, to] = await twoRegistries();
  const [name, target] = [freshName(), freshName()];
  await from.putImage(name, "1", { seed: "content of a dry run", layers: [500, 200] });
  const { id } = await copy(`${from.host}/${name}:1`, `${to.host}/${target}:1`, { dryRun: true });

  const { manifests } = await content(id);
  expect(manifests).not.toHaveLength(0);
  expect(new Set(manifests.flatMap(({ at }) => at.map(({ status }) => status)))).toEqual(new Set(["pending"]));
  const blobs = manifests.flatMap((manifest) => manifest.blobs);
  expect(blobs).not.toHaveLength(0);
  expect(new Set(blobs.flatMap(({ at }) => at.map(({ status }) => status)))).toEqual(new Set(["pending"]));
});

test("what was there already has nothing to show, and a job that does not exist is not found", async () => {
  const [from, to] = await twoRegistries();
  const name = freshName();
  await from.putImage(name, "1", { seed: "content there", layers: [10] });
  await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`);
  const { id } = await copy(`${from.host}/${name}:1`, `${to.host}/${name}:1`);
  expect(await content(id)).toEqual({ manifests: [], cursor: null });
  const answer = await api("GET", "/jobs/01890000-0000-7000-8000-000000000000/content");
  expect([answer.status, await answer.json()]).toMatchObject([404, { code: "not-found" }]);
  const wrong = await api("GET", `/jobs/${id}/content?status=failed`);
  expect([wrong.status, await wrong.json()]).toMatchObject([422, { errors: [{ pointer: "#/status" }] }]);
});
