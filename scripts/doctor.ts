/**
 * `npm run doctor`: asks a running instance (`TRANSSHIP_URL`, `TRANSSHIP_TOKEN`) to look at itself, and shows what it found: configuration, storage, and
 * every registry with its credentials. Exit status 0 where all is well, 1 where something is not, 3 where the instance was not reached.
 */

/** The answer of `GET /doctor`, or the `detail` of a problem. */
export interface Found {
  status?: string;
  checks?: { name: string; status: string; detail: string }[];
  detail?: string;
}

const { TRANSSHIP_URL: url, TRANSSHIP_TOKEN: token } = process.env;

async function look(): Promise<number> {
  if (!url) {
    console.error("Say where transship is: TRANSSHIP_URL=https://transship.example.workers.dev TRANSSHIP_TOKEN=… npm run doctor");
    return 2;
  }
  let response: Response;
  try {
    response = await fetch(new URL("/doctor", url), token ? { headers: { authorization: `Bearer ${token}` } } : {});
  } catch (error) {
    console.error(`${url} was not reached: ${error instanceof Error ? (error.cause ?? error.message) : error}`);
    return 3;
  }
  const found = (await response.json().catch(() => ({}))) as Found;
  if (found.checks === undefined) {
    console.error(`${url} answers ${response.status}: ${found.detail ?? "nothing that transship would say"}`);
    return 1;
  }
  const width = Math.max(...found.checks.map(({ name }) => name.length));
  for (const { name, status, detail } of found.checks) {
    console.log(`${status === "pass" ? "✓" : "✗"} ${name.padEnd(width)}  ${detail}`);
  }
  return found.status === "pass" ? 0 : 1;
}

process.exitCode = await look();
