/** What `npm run deploy` checks after a deployment. Pure. */

/** Secrets that a deployment may need, each with what does not work without it. */
const SECRETS: readonly { name: string; why: string; example: string }[] = [
  {
    name: "API_TOKENS",
    why: "every call is 401 until there is a token",
    example: `'[{"name":"me","sha256":"'$(printf %s "$TRANSSHIP_TOKEN" | sha256sum | cut -d" " -f1)'"}]'`,
  },
  {
    name: "REGISTRY_AUTH",
    why: "only public images can be read, and nothing written",
    example: `'{"auths":{"ghcr.io":{"username":"…","password":"…"}}}'`,
  },
];

/** The instance's address in what `wrangler deploy` prints: its workers.dev one, or the first route. */
export function deployedUrl(output: string): string | undefined {
  const found = /https:\/\/[a-z0-9.-]+\.workers\.dev\b/i.exec(output)?.[0];
  return found ?? /^\s+([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?:\/\*)? \((?:custom domain|zone)/im.exec(output)?.[1]?.replace(/^/, "https://");
}

/** The secrets that `wrangler secret list --format json` does not name, each with how to put it. */
export function missingSecrets(list: string): string[] {
  const names = new Set(secretNames(list));
  return SECRETS.filter(({ name }) => !names.has(name)).map(
    ({ name, why, example }) => `${name} is not set: ${why}.\n    echo ${example} | npx wrangler secret put ${name}`,
  );
}

function secretNames(list: string): string[] {
  try {
    const secrets: unknown = JSON.parse(list.slice(Math.max(0, list.indexOf("["))));
    return Array.isArray(secrets)
      ? secrets.flatMap((secret: { name?: unknown }) => (typeof secret.name === "string" ? [secret.name] : []))
      : [];
  } catch {
    return [];
  }
}
