/** The events of a job: their order and ids, and coming back to them. */
import { expect, test } from "vitest";
import type { Progress } from "../../src/jobs/document.ts";
import { api, freshName, jobEnd, submit, twoRegistries } from "../support/copy-service.ts";

interface Event {
  name: string;
  id: number | undefined;
  data: unknown;
}

/** Reads a job's events as they come. */
async function* eventsOf(id: string, lastEventId?: number): AsyncGenerator<Event> {
  const headers: Record<string, string> = lastEventId === undefined ? {} : { "last-event-id": String(lastEventId) };
  const answer = await api("GET", `/jobs/${id}/events`, undefined, headers);
  expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  let text = "";
  for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1];
      const [event, number, data] = ["event", "id", "data"].map(field);
      if (event !== undefined) {
        yield { name: event, id: number === undefined ? undefined : Number(number), data: JSON.parse(data ?? "") };
      }
    }
  }
}

/** Submits a copy whose one layer is held up at the destination until `release` is called. */
async function heldCopy() {
  const [from, to] = await twoRegistries();
  const name = freshName();
  const image = await from.putImage(name, "1.0", { seed: "events", platforms: ["linux/amd64"], index: "none", layers: [3_000_000] });
  const fault = { method: "PUT", path: "/blobs/uploads/", times: "always" as const };
  await to.fail({ ...fault, action: { requestRate: 2_000_000, hold: name } });
  const { id } = await submit(`${from.host}/${name}:1.0`, `${to.host}/${name}:1.0`);
  return { id, to, image, release: () => to.release(name) };
}

test("begin with the job as it is, show progress, and end with the end", async () => {
  const { id, image, release } = await heldCopy();
  const events: Event[] = [];
  for await (const event of eventsOf(id)) {
    if (events.length === 0) {
      await release();
    }
    events.push(event);
  }

  expect(events[0]).toMatchObject({ name: "job", data: { id, finishedAt: null } });
  expect(events.at(-1)).toMatchObject({ name: "end", data: { id, status: "succeeded", digest: image.digest } });
  expect(events.filter(({ name }) => name === "end")).toHaveLength(1);
  expect(new Set(events.map(({ name }) => name))).toEqual(new Set(["job", "progress", "end"]));
  const ids = events.flatMap(({ id: number }) => number ?? []);
  expect(ids).toEqual([...new Set(ids)].toSorted((a, b) => a - b));
  expect(events.filter(({ name }) => name === "progress").every(({ id: number }) => number === undefined)).toBe(true);
  const done = events.map(({ data }) => (data as { progress: Progress }).progress.bytes.done);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(done.some((bytes) => bytes > 0 && bytes < 3_000_000)).toBe(true);
});

test("go on after the last one that was seen", async () => {
  const { id, to, release } = await heldCopy();
  // Both blobs are held up: until they are let go the job stays as it is.
  await to.waitForRequests({ method: "PUT" }, 2);
  const first = eventsOf(id);
  const { id: last } = (await first.next()).value as Event;
  await first.return(undefined);

  const again: Event[] = [];
  for await (const event of eventsOf(id, last)) {
    if (again.length === 0) {
      await release();
    }
    again.push(event);
  }
  expect(again[0]).toMatchObject({ name: "progress", data: { waiting: null } });
  expect(again.flatMap(({ id: number }) => number ?? []).every((number) => number > (last ?? 0))).toBe(true);
  expect(again.at(-1)?.name).toBe("end");
});

test("are over after the end: that again for whoever missed it, 204 for whoever has seen it", async () => {
  const { id, release } = await heldCopy();
  await release();
  await jobEnd(id);
  const events: Event[] = [];
  for await (const event of eventsOf(id)) {
    events.push(event);
  }
  expect(events).toMatchObject([{ name: "end", data: { id, status: "succeeded" } }]);
  const seen = await api("GET", `/jobs/${id}/events`, undefined, { "last-event-id": String(events[0]?.id) });
  expect([seen.status, await seen.text()]).toEqual([204, ""]);
});

test("end once where the job is cancelled, also for whoever comes back after that", async () => {
  const { id, to } = await heldCopy();
  await to.waitForRequests({ method: "PUT" });
  const [events] = await Promise.all([Array.fromAsync(eventsOf(id)), api("POST", `/jobs/${id}/cancel`)]);
  expect(events.at(-1)).toMatchObject({
    name: "end",
    data: { id, status: "cancelled", images: [{ destinations: [{ status: "failed" }] }] },
  });
  const again = await api("GET", `/jobs/${id}/events`, undefined, { "last-event-id": String(events.at(-1)?.id) });
  expect([again.status, await again.text()]).toEqual([204, ""]);
});

test("begin anew for whoever comes with an id that the job never had", async () => {
  const { id, release } = await heldCopy();
  const running = eventsOf(id, 999_999);
  expect((await running.next()).value).toMatchObject({ name: "job", data: { id } });
  await running.return(undefined);
  await release();
  await jobEnd(id);
  const ended = eventsOf(id, 999_999);
  expect((await ended.next()).value).toMatchObject({ name: "end", data: { id, status: "succeeded" } });
  await ended.return(undefined);
});

test("come to everyone who looks on, and go on where one of them leaves", async () => {
  const { id, release } = await heldCopy();
  const leaving = eventsOf(id);
  await leaving.next();
  await leaving.return(undefined);
  const ends = Promise.all([jobEnd(id), jobEnd(id)]);
  await release();
  expect((await ends).map(({ status }) => status)).toEqual(["succeeded", "succeeded"]);
});
