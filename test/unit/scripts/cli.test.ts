/** The command-line client: what it reads, says and ends with, against a service that answers as told. */
import { EventEmitter } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { PassThrough, Writable } from "node:stream";
import { afterEach, describe, expect, test } from "vitest";
import { copyBody, readArguments } from "../../../scripts/cli/arguments.mjs";
import { Exit } from "../../../scripts/cli/exit-status.mjs";
import { main } from "../../../scripts/cli/main.mjs";
import { eventOf } from "../../../scripts/cli/service.mjs";
import { jobText, plain, progressLine } from "../../../scripts/cli/words.mjs";
import { jobDocument } from "../api/api-fixture.ts";

describe("the command line", () => {
  test("a copy with everything is the request of the contract", () => {
    const line = readArguments([
      ...[
        "copy",
        "busybox:1",
        "a.io/x",
        "b.io/y",
        "--platform",
        "linux/amd64",
        "--platform",
        "linux/arm64",
        "--index",
        "sparse",
        "--referrers",
      ],
      ...["--overwrite", "never", "--check", "deep", "--stage", "never", "--dry-run", "--label", "a=b=c", "--callback", "https://c.io/x"],
    ]);
    expect(copyBody(line)).toEqual({
      source: "busybox:1",
      destination: ["a.io/x", "b.io/y"],
      platforms: ["linux/amd64", "linux/arm64"],
      index: "sparse",
      referrers: true,
      overwrite: "never",
      check: "deep",
      stage: "never",
      dryRun: true,
      labels: { a: "b=c" },
      callback: { url: "https://c.io/x" },
    });
  });

  test.each([
    [["--tags", "all"], "all"],
    [["--tags", "1.*,2.*"], { include: ["1.*", "2.*"] }],
    [["--tags", ">=1.2 <2", "--latest", "5"], { semver: ">=1.2 <2", latest: 5 }],
    [["--latest", "5"], { latest: 5 }],
  ])("%j", (args, tags) => {
    expect(copyBody(readArguments(["copy", "a", "b.io/x", ...args])).tags).toEqual(tags);
  });

  test.each([
    [["cpoy"], /cpoy is not a command/],
    [["copy", "a"], /copy takes 2 to 17 operands, not 1/],
    [["status"], /status takes 1 operands/],
    [["list", "--platform", "x"], /list has no option --platform/],
    [["copy", "a", "b", "--colour"], /colour/],
  ])("%j is no command line", (args, words) => {
    expect(() => readArguments(args)).toThrow(words);
    expect(() => readArguments(args)).toThrow(Exit);
  });

  test.each([
    ["--label", "x"],
    ["--latest", "0"],
  ])("%s %s is refused before anything is sent", (...args) => {
    expect(() => copyBody(readArguments(["copy", "a", "b", ...args]))).toThrow(Exit);
  });
});

test("events are read as they are sent", () => {
  expect(eventOf('id: 7\nevent: end\ndata: {"status":"failed"}')).toEqual({ id: "7", name: "end", data: { status: "failed" } });
  expect(eventOf(": still here")).toBeUndefined();
  expect(eventOf("retry: 1000")).toBeUndefined();
});

test("what comes from outside moves no cursor", () => {
  expect(plain("a\u001b[31mb\nc")).toBe("a�[31mb�c");
  const job = jobDocument({ source: "\u001b[2Jx" });
  expect(jobText(job)).not.toContain("\u001b");
});

test("a bar fits its terminal", () => {
  const progress = { ...jobDocument().progress, bytes: { total: 2_000_000_000, done: 500_000_000, copied: 0 } };
  const line = progressLine(jobDocument({ status: "running", progress }), 60, 50_000_000);
  expect(line).toMatch(/^\[#######-{21}\] 25 % of 2\.0 GB/);
  expect(line.length).toBeLessThan(60);
});

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

/** Answers by path; runs the client against that. */
async function run(args: string[], answers: Record<string, { status?: number; body: unknown; type?: string }>, token = "t0k3n") {
  const asked: string[] = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      asked.push(`${request.method} ${request.url} ${request.headers.authorization} ${Buffer.concat(chunks)}`);
      const {
        status = 200,
        body,
        type = "application/json",
      } = answers[`${request.method} ${request.url}`] ?? { status: 404, body: { detail: "nothing" } };
      response.writeHead(status, { "content-type": type }).end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const out = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") =>
    new Writable({
      write(chunk, _, done) {
        out[name] += chunk;
        done();
      },
    });
  const fake = Object.assign(new EventEmitter(), {
    env: { TRANSSHIP_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, TRANSSHIP_TOKEN: token },
    stdout: stream("stdout"),
    stderr: stream("stderr"),
    stdin: {},
  });
  const status = await main(args, fake as unknown as NodeJS.Process);
  return { status, asked, ...out };
}

const RUNNING = jobDocument({ status: "running" });
const END = jobDocument({ status: "succeeded", startedAt: "2026-11-25T00:00:00Z", finishedAt: "2026-11-25T00:00:02Z" });
const events = (job: object) =>
  `retry: 1000\n\nid: 1\nevent: job\ndata: ${JSON.stringify(RUNNING)}\n\nid: 2\nevent: end\ndata: ${JSON.stringify(job)}\n\n`;
const stream = (job: object) => ({ body: events(job), type: "text/event-stream" });

describe("commands", () => {
  test("copy follows the job to its end", async () => {
    const { status, asked, stdout, stderr } = await run(["copy", "busybox", "a.io/x"], {
      "POST /copy": { status: 202, body: RUNNING },
      [`GET /jobs/${RUNNING.id}/events`]: stream(END),
    });
    expect(status).toBe(0);
    expect(asked[0]).toBe('POST /copy Bearer t0k3n {"source":"busybox","destination":["a.io/x"]}');
    expect(stdout).toMatch(/^succeeded in 2 s: docker\.io\/library\/busybox:1\.36/);
    expect(stderr).toMatch(/^running: 0 % of 0 B/);
  });

  test("copy --no-wait --json prints the job and ends", async () => {
    const { status, stdout, stderr } = await run(["copy", "busybox", "a.io/x", "--no-wait", "--json"], {
      "POST /copy": { status: 202, body: RUNNING },
    });
    expect([status, JSON.parse(stdout).id, stderr]).toEqual([0, RUNNING.id, ""]);
  });

  test("a job that fails is status 1", async () => {
    const failed = { ...END, status: "failed", error: { code: "not-found", detail: "There is none" } };
    const { status, stdout } = await run(["watch", RUNNING.id], {
      [`GET /jobs/${RUNNING.id}`]: { body: RUNNING },
      [`GET /jobs/${RUNNING.id}/events`]: stream(failed),
    });
    expect([status, stdout]).toEqual([1, expect.stringMatching(/not-found: There is none/)]);
  });

  test("a refusal is status 1, with every fault", async () => {
    const errors = [
      { pointer: "#/source", detail: "is required" },
      { pointer: "#/index", detail: "must be one of" },
    ];
    const { status, stderr } = await run(["copy", "a", "b"], {
      "POST /copy": { status: 422, body: { detail: "source is required.", errors } },
    });
    expect([status, stderr]).toEqual([1, "transship: source is required.\n  #/source is required\n  #/index must be one of\n"]);
  });

  test("what can't be read is status 2, and nothing is sent", async () => {
    const { status, asked, stderr } = await run(["copy", "a"], {});
    expect([status, asked]).toEqual([2, []]);
    expect(stderr).toMatch(/Try transship --help/);
  });

  test("a service that is not there is status 3, and the token is not told", async () => {
    const { status, stderr } = await run(["list", "--url", "http://127.0.0.1:1"], {}, "canary-token");
    expect([status, stderr]).toEqual([3, expect.stringMatching(/127\.0\.0\.1:1 was not reached/)]);
    expect(stderr).not.toContain("canary");
  });

  test("a list is a line for each job", async () => {
    const { images: _, request: __, ...rest } = END;
    const { stdout } = await run(["list", "--status", "succeeded", "--limit", "2"], {
      "GET /jobs?status=succeeded&limit=2": { body: { jobs: [{ ...rest, destinations: ["a.io/x"] }], cursor: null } },
    });
    expect(stdout).toBe(`${END.id}  succeeded  ${END.createdAt}  ${END.source}  a.io/x\n`);
  });

  test("help is status 0", async () => {
    expect(await run(["--help"], {})).toMatchObject({ status: 0, stdout: expect.stringMatching(/^transship COMMAND/) });
  });
});

describe("Ctrl-C on a terminal", () => {
  /** Follows a job that ends only by a cancel, presses Ctrl-C, and answers the question. */
  async function interrupted(answer: string) {
    const cancelled: string[] = [];
    let endEvents = (_text: string) => {};
    server = createServer((request, response) => {
      if (request.url === `/jobs/${RUNNING.id}/events`) {
        response.writeHead(200, { "content-type": "text/event-stream" }).write(`id: 1\nevent: job\ndata: ${JSON.stringify(RUNNING)}\n\n`);
        endEvents = (text) => response.end(text);
      } else if (request.method === "POST") {
        cancelled.push(request.url ?? "");
        response.end(JSON.stringify(RUNNING));
        endEvents(`id: 2\nevent: end\ndata: ${JSON.stringify({ ...END, status: "cancelled" })}\n\n`);
      } else {
        response.end(JSON.stringify(RUNNING));
      }
    });
    await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
    let shown = "";
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const stderr = Object.assign(
      new Writable({
        write(chunk, _, done) {
          shown += chunk;
          // The bar is up: now the user presses Ctrl-C, and then answers.
          if (/running: looking$/.test(shown)) {
            fake.emit("SIGINT");
          } else if (/\[y\/N\] $/.test(shown)) {
            stdin.write(`${answer}\n`);
          }
          done();
        },
      }),
      { isTTY: true, columns: 100 },
    );
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done() });
    const env = { TRANSSHIP_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const fake = Object.assign(new EventEmitter(), { env, stdout, stderr, stdin });
    const status = await main(["watch", RUNNING.id], fake as unknown as NodeJS.Process);
    return { status, cancelled, shown };
  }

  test("cancels the job where the user says so", async () => {
    const { status, cancelled } = await interrupted("y");
    expect([status, cancelled]).toEqual([1, [`/jobs/${RUNNING.id}/cancel`]]);
  });

  test("leaves it, and says how to find it again, where not", async () => {
    const { status, cancelled, shown } = await interrupted("");
    expect([status, cancelled]).toEqual([0, []]);
    expect(shown).toContain(`The job goes on: transship watch ${RUNNING.id}`);
  });
});
