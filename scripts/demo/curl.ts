/** Asks for a copy as a user would: with curl, by a command line that can be used again. */
import { spawn } from "node:child_process";

/** A request that was sent, and its answer. */
interface PostedCopy {
  /** The command line, ready for a shell. */
  commandLine: string;
  /** The answer's body. */
  answer: string;
  /** False where this machine has no curl, and the same request went out another way. */
  curl: boolean;
}

/** Posts `body` as JSON. Rejects where curl cannot reach the service; an answer that reports an error is still an answer. */
export async function postCopy(url: string, body: unknown): Promise<PostedCopy> {
  const json = JSON.stringify(body);
  const args = ["-sS", "-X", "POST", url, "-H", "Content-Type: application/json", "-d", json];
  const commandLine = `curl -sS -X POST ${url} \\\n    -H ${quoted("Content-Type: application/json")} \\\n    -d ${quoted(json)}`;
  const answer = await runCurl(args);
  if (answer !== undefined) {
    return { commandLine, answer, curl: true };
  }
  const posted = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: json });
  return { commandLine, answer: await posted.text(), curl: false };
}

/** What curl printed; undefined where there is no curl. */
function runCurl(args: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn("curl", args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => {
      output += chunk;
    });
    child.stderr.on("data", (chunk: Buffer) => {
      errors += chunk;
    });
    child.on("error", () => resolve(undefined));
    child.on("close", (status) =>
      status === 0 ? resolve(output) : reject(new Error(`curl ended with status ${status}: ${errors.trim()}`)),
    );
  });
}

/** Quotes for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
