/**
 * `npm run demo`: the main job on this machine, with no network. Two registries, a multi-platform image in the first, the Worker as
 * `wrangler dev` runs it, one `POST /copy`, and the digests on both sides. `--keep` leaves it running until Ctrl-C.
 * The exit status is 0 only where the digests are the same.
 */
import { parseArgs } from "node:util";
import type { JobDocument, Problem, Progress } from "../src/jobs/document.ts";
import { pushImage } from "../test/support/images/deliver.ts";
import { generateImage } from "../test/support/images/image.ts";
import { startWorker } from "../test/support/workerd.ts";
import { postCopy } from "./demo/curl.ts";
import { type DemoRegistry, startDemoRegistry } from "./demo/demo-registry.ts";
import { followJob } from "./demo/follow-job.ts";
import { digestOf, readBack } from "./demo/read-back.ts";
import { Running } from "./demo/running.ts";
import { bold, cyan, detail, dim, green, ProgressLine, red, step, yellow } from "./demo/terminal.ts";
import { Interruption, interruption } from "./interruption.ts";

const MIB = 1024 ** 2;
const PLATFORMS = ["linux/amd64", "linux/arm64/v8"];
const SOURCE = { repository: "library/demo", tag: "1.0" };
const DESTINATION = { repository: "mirror/demo", tag: "1.0" };

/** The registries of the demo. */
interface Ends {
  source: DemoRegistry;
  destination: DemoRegistry;
}

/** Shows it all. Returns whether the digests are the same, which they are not where the copy fails. */
async function demo(running: Running, keep: boolean): Promise<boolean> {
  const ends = await startRegistries(running);
  await pushDemoImage(ends.source);
  const workerUrl = await startService(running, ends);
  const accepted = await postDemoCopy(workerUrl, ends);
  if (accepted === undefined || !(await watchJob(workerUrl, accepted))) {
    return false;
  }
  if (keep) {
    detail(`in the dashboard: ${bold(`${workerUrl}/#/jobs/${accepted.id}`)}`);
  }
  return await compareDigests(ends);
}

async function startRegistries(running: Running): Promise<Ends> {
  step("Two registries");
  const [source, destination] = [await running.add(startDemoRegistry()), await running.add(startDemoRegistry())];
  detail(`from ${bold(source.host)}  ${dim(source.kind)}`);
  detail(`to   ${bold(destination.host)}  ${dim(destination.kind)}`);
  return { source, destination };
}

async function pushDemoImage(source: DemoRegistry): Promise<void> {
  step("An image in the first");
  const image = await generateImage({
    seed: "demo",
    platforms: PLATFORMS,
    layers: [12 * MIB, 6 * MIB, 4 * MIB, 64 * 1024],
    formatting: "odd",
    attestations: true,
  });
  await pushImage(source.url, SOURCE.repository, SOURCE.tag, image);
  detail(`${bold(`${source.host}/${SOURCE.repository}:${SOURCE.tag}`)} for ${PLATFORMS.join(" and ")}`);
  detail(`${image.manifests.length} manifests and ${image.blobs.length} blobs; its JSON is valid, and formatted as hardly anybody would:`);
  detail(dim(`${visible(image.root.bytes.toString().slice(0, 110))} …`));
}

/** Starts the Worker and returns its URL. */
async function startService(running: Running, { source, destination }: Ends): Promise<string> {
  step("The Worker");
  const permit = { http: true, private: true };
  const worker = await running.add(
    startWorker({ vars: { ALLOW_ANONYMOUS: "true", REGISTRIES: { [source.host]: permit, [destination.host]: permit } } }),
  );
  detail(`${bold(worker.url)}  ${dim("transship in workerd, the runtime of Cloudflare Workers")}`);
  return worker.url;
}

/** Asks for the copy. Returns the job, or undefined where the request is refused. */
async function postDemoCopy(workerUrl: string, { source, destination }: Ends): Promise<JobDocument | undefined> {
  step("One request");
  const posted = await postCopy(`${workerUrl}/copy`, {
    source: `${source.host}/${SOURCE.repository}:${SOURCE.tag}`,
    destination: `${destination.host}/${DESTINATION.repository}:${DESTINATION.tag}`,
  });
  detail(`$ ${cyan(posted.commandLine)}${posted.curl ? "" : dim("\n  (no curl on this machine: sent by Node instead)")}`);
  const accepted = JSON.parse(posted.answer) as JobDocument | Problem;
  if (!("links" in accepted)) {
    detail(red(posted.answer));
    return undefined;
  }
  detail(`${accepted.status}: ${bold(accepted.links.self)}`);
  return accepted;
}

/** Shows a job's progress until its end. Returns whether it has succeeded. */
async function watchJob(workerUrl: string, accepted: JobDocument): Promise<boolean> {
  const bar = new ProgressLine();
  const job = await followJob(workerUrl, accepted, ({ bytes, blobs }: Progress) =>
    bar.show(
      bytes.done,
      bytes.total,
      `${(bytes.done / MIB).toFixed(1)} of ${(bytes.total / MIB).toFixed(1)} MiB, ${blobs.done} of ${blobs.total} blobs`,
    ),
  );
  bar.end();
  if (job.status !== "succeeded") {
    detail(red(`the job ended as ${job.status}: ${job.error?.detail ?? JSON.stringify(job.images)}`));
    return false;
  }
  detail(`${green(job.status)} in ${elapsed(job)}`);
  return true;
}

/** Reads both sides back and shows their digests. Returns whether they are the same. */
async function compareDigests({ source, destination }: Ends): Promise<boolean> {
  step("Read back, byte for byte");
  const [before, after] = [
    await readBack(source.url, SOURCE.repository, SOURCE.tag),
    await readBack(destination.url, DESTINATION.repository, DESTINATION.tag),
  ];
  detail(
    `${after.manifests} manifests and ${after.blobs} blobs (${(after.blobBytes / MIB).toFixed(1)} MiB) read from the destination, each with the right hash`,
  );

  step("The digests");
  const naive = digestOf(Buffer.from(JSON.stringify(JSON.parse(before.bytes.toString()))));
  const equal = after.digest === before.digest;
  detail(`source              ${bold(before.digest)}`);
  detail(`destination         ${equal ? green(after.digest) : red(after.digest)}  ${equal ? green("the same") : red("NOT THE SAME")}`);
  detail(`naive copy          ${yellow(naive)}  ${yellow("another image, as far as any pull by digest knows")}`);
  detail(
    dim(
      "A tool that reads the index and writes it again keeps every value and changes white space and escapes: JSON.stringify(JSON.parse(index)).",
    ),
  );
  return equal;
}

/** A text with its white space made visible. */
function visible(text: string): string {
  return text.replaceAll("\r", "␍").replaceAll("\n", "␊").replaceAll("\t", "␉");
}

function elapsed({ createdAt, finishedAt }: JobDocument): string {
  return finishedAt === null ? "?" : `${((Date.parse(finishedAt) - Date.parse(createdAt)) / 1000).toFixed(2)} s`;
}

/** Runs the demo until its end or Ctrl-C, stops what it has started, and returns the exit status. */
async function main(keep: boolean): Promise<number> {
  const interrupted = interruption();
  const interrupt = new Promise<never>((_, reject) => {
    interrupted.addEventListener("abort", () => reject(interrupted.reason));
  });
  interrupt.catch(() => {});
  const running = new Running(interrupted);
  const begin = performance.now();
  const work = demo(running, keep);
  try {
    const equal = await Promise.race([work, interrupt]);
    const verdict = equal ? green("✓ copied, and the digest is the same") : red("✗ the demo failed");
    console.log(`\n${verdict} ${dim(`(${((performance.now() - begin) / 1000).toFixed(1)} s)`)}`);
    if (keep) {
      console.log(dim("The registries and the Worker keep running until Ctrl-C."));
      await interrupt.catch(() => {});
    }
    return equal ? 0 : 1;
  } catch (error) {
    console.log(`\n${red(`✗ ${error instanceof Error ? error.message : error}`)}`);
    return error instanceof Interruption ? error.status : 1;
  } finally {
    console.log(dim("Stopping what was started …"));
    await running.stopAll();
    // What was being started when the end came is there by now.
    await work.catch(() => {});
    await running.stopAll();
  }
}

const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
process.exitCode = await main(values.keep);
