/** What the look at many tags learns where registries answer, fail and refuse: of each end by itself, and what of it is a step forward. */
import { describe, expect, test } from "vitest";
import { parseConfig } from "../../../../src/config/config.ts";
import type { CarryTask, TagAnswer, TagQuestion, TagsTask } from "../../../../src/jobs/blobs/carry-task.ts";
import { Gate } from "../../../../src/jobs/gate.ts";
import type { SliceContext } from "../../../../src/jobs/images/slice-context.ts";
import { lookAtTags } from "../../../../src/jobs/tags/look-at-tags.ts";
import { surveyTags } from "../../../../src/jobs/tags/survey-tags.ts";
import type { Failure } from "../../../../src/oci/errors.ts";
import { quickEffects } from "../../../support/quick-effects.ts";

const TAGS = 50;
const DIGEST = `sha256:${"1".repeat(64)}`;
const [FIRST, SECOND] = [
  { id: 1, registry: "one.example", repository: "app" },
  { id: 2, registry: "two.example", repository: "app" },
];

/** How each host answers whatever it is asked: with this status, and with the digest where that is 200. */
type Statuses = Partial<Record<string, number>>;

/** One slice over many tags of which nothing is known, but for what the source said where that is told. Row ids at the second destination follow those at the first. */
class Slice {
  readonly asked = new Map<string, number>();
  readonly answers: TagAnswer[] = [];
  readonly ended: { ids: readonly number[]; status: string; failure: Failure | null }[] = [];
  readonly missed: number[] = [];
  readonly troubled: number[] = [];
  steps = 0;
  readonly #statuses: Statuses;
  readonly #knowsSource: boolean;
  readonly #config: Record<string, unknown>;

  constructor(statuses: Statuses, { knowsSource = false, config = {} as Record<string, unknown> } = {}) {
    this.#statuses = statuses;
    this.#knowsSource = knowsSource;
    this.#config = config;
  }

  survey(): Promise<Failure[]> {
    const questions = Array.from({ length: TAGS }, (_, index): TagQuestion => {
      const [image, other] = [index + 1, index + 1 + TAGS];
      const destinations = [
        { id: image, target: FIRST.id },
        { id: other, target: SECOND.id },
      ];
      return { image, tag: `1.${index}`, asksSource: !this.#knowsSource, all: [image, other], destinations };
    });
    const slice = {
      request: { source: "from.example/app", tags: "all" },
      images: { targets: () => [FIRST, SECOND] },
      survey: {
        questions: (after: number) => questions.filter(({ image }) => image > after),
        troubledQuestions: () => [],
        answer: (answers: readonly TagAnswer[]) => this.answers.push(...answers),
        seen: () => [],
        end: (ids: readonly number[], status: string, failure: Failure | null = null) => {
          if (ids.length > 0) {
            this.ended.push({ ids, status, failure });
          }
        },
        changed: () => {},
      },
      listing: {
        trouble: (images: readonly number[]) => this.troubled.push(...images),
        missed: (images: readonly number[]) => this.missed.push(...images),
      },
      closed: new Map<string, Failure>(),
      cancelled: new AbortController().signal,
      gate: new Gate(4),
      hasTime: () => true,
      admit: async () => {},
      forward: () => this.steps++,
      carry: (task: CarryTask) => this.#carry(task as TagsTask),
    };
    return surveyTags(slice as unknown as SliceContext);
  }

  #carry(task: TagsTask) {
    const effects = { ...quickEffects, fetch: async (url: string) => this.#fetch(new URL(url).host) };
    return lookAtTags(task, {
      config: parseConfig(this.#config),
      effects,
      hostOf: () => {
        throw new Error("No host is asked for anything here");
      },
      signal: new AbortController().signal,
      hasTime: () => true,
    });
  }

  #fetch(host: string): Response {
    this.asked.set(host, (this.asked.get(host) ?? 0) + 1);
    const status = this.#statuses[host] ?? 404;
    const headers = {
      "content-type": "application/vnd.oci.image.manifest.v1+json",
      "docker-content-digest": DIGEST,
      "content-length": "7",
    };
    return new Response(null, { status, ...(status === 200 ? { headers } : {}) });
  }

  /** Tags of which one end has an answer that is no failure. */
  seenAt(end: "source" | number): number {
    const isSeen = (answer: TagAnswer) =>
      end === "source"
        ? answer.source?.root !== undefined
        : answer.destinations.some(({ id, failure }) => failure === undefined && Math.ceil(id / TAGS) === end);
    return this.answers.filter(isSeen).length;
  }
}

const DOWN = { "from.example": 503, "one.example": 503, "two.example": 503 };

describe("a slice", () => {
  test("in which every registry is down is no step forward, and knows nothing of the tags that were not asked for", async () => {
    const slice = new Slice(DOWN);
    const setbacks = await slice.survey();
    expect(slice.steps).toBe(0);
    expect(new Set(setbacks.map(({ registry }) => registry))).toEqual(new Set(Object.keys(DOWN)));
    expect(slice.answers.length).toBeLessThan(TAGS / 2);
    expect(slice.answers.every(({ source, destinations }) => source !== undefined || destinations.length > 0)).toBe(true);
    expect(slice.ended).toEqual([]);
  });

  test("in which the destinations are still down that were down in the last one is none either", async () => {
    const slice = new Slice(DOWN, { knowsSource: true });
    await slice.survey();
    expect(slice.steps).toBe(0);
    expect(slice.asked.has("from.example")).toBe(false);
  });

  test.each([
    ["the source", { ...DOWN, "from.example": 200 }, "source"],
    ["a destination", { ...DOWN, "two.example": 200 }, 2],
    ["a destination without the tags", { ...DOWN, "one.example": 404 }, 1],
  ] as const)("in which only %s answers keeps all its answers, and is a step forward", async (_, statuses, end) => {
    const slice = new Slice(statuses);
    const setbacks = await slice.survey();
    expect(slice.steps).toBe(1);
    expect(slice.seenAt(end)).toBe(TAGS);
    expect(setbacks.length).toBeGreaterThan(0);
    expect(slice.ended).toEqual([]);
  });

  test("in which the source has lost its tags, or a destination has refused them, is a step forward", async () => {
    const lost = new Slice({ ...DOWN, "from.example": 404 });
    await lost.survey();
    expect([lost.steps, lost.missed.length]).toEqual([1, TAGS]);

    const refused = new Slice({ ...DOWN, "one.example": 401 }, { knowsSource: true });
    await refused.survey();
    expect(refused.steps).toBe(1);
    expect(refused.ended).toHaveLength(TAGS);
  });
});

test("a destination whose login is none that can be done here fails by itself; the source and the other one are asked for every tag", async () => {
  const config = { REGISTRY_AUTH: JSON.stringify({ credHelpers: { "one.example": "osxkeychain" } }) };
  const slice = new Slice({ "from.example": 200, "two.example": 404 }, { config });
  expect(await slice.survey()).toEqual([]);
  const failure = { code: "unsupported", side: "destination", registry: "one.example", message: expect.stringContaining("osxkeychain") };
  expect(slice.ended).toHaveLength(TAGS);
  expect(slice.ended.every(({ ids, status }) => ids.every((id) => id <= TAGS) && status === "failed")).toBe(true);
  expect(slice.ended[0]).toMatchObject({ ids: [1], failure });
  expect([slice.seenAt("source"), slice.seenAt(SECOND.id), slice.asked.has("one.example")]).toEqual([TAGS, TAGS, false]);
});
