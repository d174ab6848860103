/**
 * `npm run deploy [-- wrangler's options]`: deploys to the Cloudflare account that wrangler is logged in to, says which secrets are missing, and looks
 * whether the new instance works. The bucket, the objects, the cron trigger and the assets come with `wrangler.toml`.
 */
import { deployedUrl, missingSecrets } from "./deploy/aftercare.ts";
import { runTool } from "./tool.ts";

const args = process.argv.slice(2);

/** How long a new instance may take until it answers everywhere, in seconds. */
const SETTLE_SECONDS = 30;

async function deploy(): Promise<number> {
  if (args.includes("--dry-run")) {
    return (await runTool("wrangler", ["deploy", ...args], { show: true })).status;
  }
  const who = await runTool("wrangler", ["whoami"]);
  if (who.status !== 0 || /not authenticated/i.test(who.output)) {
    console.error("wrangler is not logged in to Cloudflare: npx wrangler login, or set CLOUDFLARE_API_TOKEN");
    return 1;
  }
  const deployed = await runTool("wrangler", ["deploy", ...args]);
  process.stdout.write(deployed.output);
  if (deployed.status !== 0) {
    return deployed.status;
  }
  const secrets = await runTool("wrangler", ["secret", "list", "--format", "json"]);
  for (const missing of secrets.status === 0 ? missingSecrets(secrets.output) : []) {
    console.log(`\n! ${missing}`);
  }
  const url = deployedUrl(deployed.output);
  if (url === undefined) {
    console.log("\nDeployed. Look at it with: TRANSSHIP_URL=https://… TRANSSHIP_TOKEN=… npm run doctor");
    return 0;
  }
  if (!(await answers(url))) {
    console.error(`\n${url} does not say that it is well within ${SETTLE_SECONDS} s: curl ${url}/healthz`);
    return 1;
  }
  console.log(`\n✓ ${url} answers. Look whether its registries do: TRANSSHIP_URL=${url} TRANSSHIP_TOKEN=… npm run doctor`);
  return process.env.TRANSSHIP_TOKEN
    ? (await runTool("node", ["scripts/doctor.ts"], { show: true, env: { TRANSSHIP_URL: url } })).status
    : 0;
}

async function answers(url: string): Promise<boolean> {
  const deadline = Date.now() + SETTLE_SECONDS * 1000;
  while (Date.now() < deadline) {
    const response = await fetch(`${url}/healthz`).catch(() => undefined);
    if (response?.ok) {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
  return false;
}

process.exitCode = await deploy();
