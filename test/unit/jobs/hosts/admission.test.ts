import { describe, expect, it, test } from "vitest";
import { Admission, type RequestKind } from "../../../../src/jobs/hosts/admission.ts";
import type { HostLink, Pause, Pauses } from "../../../../src/jobs/hosts/host-link.ts";
import { stillEffects } from "../../registry/scripted-transport.ts";

const until = (ms: number): Pause => ({ until: ms, reason: `until ${ms}` });

/** What one process knows of a host, whose object knows these pauses. */
function oneProcess(pauses: Pauses) {
  const state = { now: 0, pauses, asked: 0 };
  const link = {
    paused: async () => {
      state.asked++;
      return state.pauses;
    },
    pause: async (pause: Pause) => {
      state.pauses = { ...state.pauses, all: pause };
    },
    spare: async () => {},
  } as unknown as HostLink;
  const admission = new Admission(() => link, { ...stillEffects(), now: () => state.now });
  /** "admitted", or for how long not. */
  const admit = (kind?: RequestKind) =>
    admission.admit("a.io", "source", kind).then(
      () => "admitted",
      ({ failure }) => failure.waitMs,
    );
  return { state, admission, admit };
}

describe("a request is admitted", () => {
  it.each<[string, Pauses, any: string | number, counted: string | number]>([
    ["where no pause is asked for", { all: null, quota: null }, "admitted", "admitted"],
    ["once a pause is over", { all: until(0), quota: until(0) }, "admitted", "admitted"],
    ["not during a pause", { all: until(500), quota: null }, 500, 500],
    ["not during a pause of the quota, if it counts against that", { all: null, quota: until(500) }, "admitted", 500],
  ])("%s", async (_, pauses, any, counted) => {
    const { admit } = oneProcess(pauses);
    expect([await admit(), await admit("any"), await admit("counted")]).toEqual([any, any, counted]);
  });
});

test("a failure says what the pause is for, and where", async () => {
  const { admission } = oneProcess({ all: until(500), quota: null });
  const failure = { code: "rate-limited", message: "until 500", retry: "later", waitMs: 500, side: "source", registry: "a.io" };
  await expect(admission.admit("a.io", "source")).rejects.toMatchObject({ failure });
});

test("a host's object is asked once in two seconds, and then what others have noted is heeded", async () => {
  const { state, admit } = oneProcess({ all: null, quota: null });
  await admit();
  state.pauses = { all: until(60_000), quota: null };
  state.now = 1_999;
  expect([await admit(), state.asked]).toEqual(["admitted", 1]);
  state.now = 2_000;
  expect([await admit(), state.asked]).toEqual([58_000, 2]);
});

test("a pause that this process notes is heeded at once, and so is a quota that is used up", async () => {
  const { admission, admit } = oneProcess({ all: null, quota: null });
  await admit();
  await admission.spare("a.io", until(400));
  expect([await admit(), await admit("counted")]).toEqual(["admitted", 400]);
  await admission.pause("a.io", until(500));
  expect(await admit()).toBe(500);
});

test("a pause of the quota that is being kept is not drawn out by what other answers tell", async () => {
  const { admission, admit } = oneProcess({ all: null, quota: until(300) });
  await admit();
  await admission.spare("a.io", until(400));
  expect(await admit("counted")).toBe(300);
});
