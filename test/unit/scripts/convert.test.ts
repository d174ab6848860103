/** Files of regsync and of skopeo sync as entries of SYNC. That the Worker takes such entries is its own reader's word, in the command. */
import { describe, expect, test } from "vitest";
import { emptyConversion, entryName } from "../../../scripts/convert/conversion.ts";
import { minutesOf, patternOf } from "../../../scripts/convert/interval.ts";
import { convertRegsync } from "../../../scripts/convert/regsync.ts";
import { convertSkopeoSync } from "../../../scripts/convert/skopeo-sync.ts";
import { parseSchedule } from "../../../src/config/schedule.ts";

const REGSYNC = `
x-nightly: &nightly
  schedule: "15 01 * * *"
version: 1
creds:
  - registry: localhost:5000
    tls: disabled
    user: me
    pass: top-secret
    reqPerSec: 10
    reqConcurrent: 2
  - { registry: 123456789012.dkr.ecr.eu-west-1.amazonaws.com, credHelper: docker-credential-ecr-login }
defaults:
  ratelimit: { min: 100, retry: 15m }
  parallel: 2
  interval: 2h
  backup: "bkup-{{.Ref.Tag}}"
sync:
  - { source: "busybox:latest", target: "localhost:5000/library/busybox:latest", type: image, digestTags: true }
  - source: alpine
    target: localhost:5000/library/alpine
    type: repository
    tags: { allow: [latest, "3\\\\.\\\\d+"], deny: ["3.1"], semverRange: [">=3.5.1 <4.0", "5.x"] }
    platforms: [linux/amd64, linux/arm64]
    forceRecursive: true
    includeExternal: true
    <<: *nightly
  - { source: debian, target: "localhost:5000/library/debian", type: repository, platform: linux/amd64 }
  - source: nginx
    target: localhost:5000/library/nginx
    type: repository
    tagSets: [{ allow: ["1.27"] }, { semverRange: [">=1.28"] }]
`;

describe("regsync.yml", () => {
  const { syncs, registries, notes } = convertRegsync(REGSYNC);

  test("entries come over with what they inherit", () => {
    expect(syncs).toEqual([
      {
        name: "localhost-5000-library-busybox-latest",
        schedule: "0 */2 * * *",
        source: "busybox:latest",
        destination: "localhost:5000/library/busybox:latest",
        referrers: true,
      },
      {
        name: "localhost-5000-library-alpine",
        schedule: "15 01 * * *",
        source: "alpine",
        destination: "localhost:5000/library/alpine",
        platforms: ["linux/amd64", "linux/arm64"],
        check: "deep",
        foreignLayers: "copy",
        tags: { include: ["/latest/", "/3\\.\\d+/"], exclude: ["/3.1/"], semver: ">=3.5.1 <4.0 || 5.x" },
      },
      {
        name: "localhost-5000-library-debian",
        schedule: "0 */2 * * *",
        source: "debian",
        destination: "localhost:5000/library/debian",
        platforms: ["linux/amd64"],
        index: "single",
        tags: "all",
      },
      // Of tag sets any may match: one entry each.
      expect.objectContaining({ name: "localhost-5000-library-nginx", tags: { include: ["/1.27/"] } }),
      expect.objectContaining({ name: "localhost-5000-library-nginx-2", tags: { semver: ">=1.28" } }),
    ]);
  });

  test("what is said of a host comes over, its secrets don't", () => {
    expect(registries).toEqual({ "localhost:5000": { http: true, requestsPerSecond: 10, concurrency: 2 } });
    expect(JSON.stringify({ syncs, registries, notes })).not.toContain("top-secret");
  });

  test("what has no counterpart is named, with its place", () => {
    expect(notes.map((note) => note.slice(0, note.indexOf(":")))).toEqual(["creds[0]", "creds[1].credHelper", "defaults.backup"]);
    expect(notes[1]).toContain('"ecr-login"');
  });
});

test.each<[string, object, RegExp]>([
  ["a template", { source: '{{env "X"}}', target: "a.io/x" }, /left out.*templates/],
  ["a folder", { source: "ocidir:///tmp/x", target: "a.io/x" }, /left out.*ocidir/],
  ["a whole registry", { source: "a.io", target: "b.io", type: "registry" }, /left out.*whole registries/],
  ["no target", { source: "busybox" }, /left out.*no target/],
])("an entry with %s is left out and the note says why", (_, sync, note) => {
  const { syncs, notes } = convertRegsync(JSON.stringify({ version: 1, sync: [sync] }));
  expect(syncs).toEqual([]);
  expect(notes.join()).toMatch(note);
});

test("a file that is no YAML is refused with the place", () => {
  expect(() => convertRegsync("sync: [")).toThrow(/line 1/);
});

const SKOPEO = `
registry.example.com:
  images:
    busybox: []
    team/redis: ["1.0", "2.0", "sha256:${"a".repeat(64)}"]
  images-by-tag-regex:
    nginx: ^1\\.13\\.[12]-alpine-perl$
  images-by-semver:
    alpine: ">= 3.12.0"
  credentials: { username: john, password: this is a secret }
  tls-verify: false
quay.io:
  images:
    coreos/etcd: [latest]
`;

describe("skopeo sync's YAML", () => {
  const { syncs, registries, notes } = convertSkopeoSync(SKOPEO, { destination: "my.io/mirror/", schedule: "30 1 * * *" });

  test("repositories go where skopeo puts them", () => {
    expect(syncs.map(({ name: _, schedule: __, ...entry }) => entry)).toEqual([
      { source: "registry.example.com/busybox", destination: "my.io/mirror/busybox", tags: "all" },
      { source: "registry.example.com/team/redis", destination: "my.io/mirror/redis", tags: { include: ["1.0", "2.0"] } },
      { source: `registry.example.com/team/redis@sha256:${"a".repeat(64)}`, destination: "my.io/mirror/redis" },
      {
        source: "registry.example.com/nginx",
        destination: "my.io/mirror/nginx",
        tags: { include: ["/.*(?:^1\\.13\\.[12]-alpine-perl$).*/"] },
      },
      { source: "registry.example.com/alpine", destination: "my.io/mirror/alpine", tags: { semver: ">= 3.12.0" } },
      { source: "quay.io/coreos/etcd", destination: "my.io/mirror/etcd", tags: { include: ["latest"] } },
    ]);
    expect(new Set(syncs.map(({ schedule }) => schedule))).toEqual(new Set(["30 1 * * *"]));
    expect(new Set(syncs.map(({ name }) => name)).size).toBe(syncs.length);
  });

  test("with --scoped they keep the registry in their name", () => {
    const scoped = convertSkopeoSync(SKOPEO, { destination: "my.io/mirror", scoped: true });
    expect(scoped.syncs[1]?.destination).toBe("my.io/mirror/registry.example.com/team/redis");
  });

  test("secrets are named and not repeated", () => {
    expect(registries).toEqual({ "registry.example.com": { http: true } });
    expect(notes.join("\n")).toMatch(/REGISTRY_AUTH/);
    expect(JSON.stringify({ syncs, registries, notes })).not.toContain("this is a secret");
  });
});

test.each([
  ["60m", 60, "0 * * * *", true, "1970-01-01T01:00:00.000Z"],
  ["1h30m", 90, "0 * * * *", false, "1970-01-01T01:00:00.000Z"],
  ["24h", 1440, "0 0 * * *", true, "1970-01-02T00:00:00.000Z"],
  ["168h", 10080, "0 0 * * SUN", true, "1970-01-04T00:00:00.000Z"],
  ["36h", 2160, "0 0 * * *", false, "1970-01-02T00:00:00.000Z"],
  ["5m", 5, "*/5 * * * *", true, "1970-01-01T00:05:00.000Z"],
  ["7m", 7, "*/6 * * * *", false, "1970-01-01T00:06:00.000Z"],
  ["30s", 0.5, "* * * * *", false, "1970-01-01T00:01:00.000Z"],
])("every %s", (duration, minutes, pattern, exact, firstDue) => {
  expect(minutesOf(duration)).toBe(minutes);
  expect(patternOf(minutes)).toEqual({ pattern, exact });
  expect(parseSchedule(pattern).nextDue(0)).toBe(Date.parse(firstDue));
});

test("text that is no duration has no minutes", () => {
  expect(["", "soon", "5", "5 m", "-5m"].map(minutesOf)).toEqual([undefined, undefined, undefined, undefined, undefined]);
});

test("names are of the allowed characters and differ", () => {
  const { syncs } = emptyConversion();
  const add = (wanted: string) => {
    const name = entryName(wanted, syncs);
    syncs.push({ name, schedule: "", source: "", destination: "" });
    return name;
  };
  expect([add("a.io/x:1"), add("a.io/x:1"), add("a.io/x:1"), add("///"), add("-b")]).toEqual([
    "a.io-x-1",
    "a.io-x-1-2",
    "a.io-x-1-3",
    "sync",
    "b",
  ]);
});
