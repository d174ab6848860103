/** The ways in which senders are authenticated. */
import type { Hook } from "../../config/hooks.ts";
import { bytesOfBase64, bytesOfHex, isHmac, isSecret, joined } from "../signature.ts";
import type { Delivery } from "./push-event.ts";

/** For senders of which only the URL can be configured: whether its last part is the secret. */
export async function hasPathSecret({ pathSecret }: Delivery, { secret = "" }: Hook): Promise<boolean> {
  return await isSecret(pathSecret, secret);
}

/**
 * For senders that can send a header: whether its value is the secret, or holds it as a Bearer token or as the password of Basic.
 *
 * The secret may be in the path instead, or in the query as `access_token` (CloudEvents HTTP webhooks 1.0, §3.2). Where the path holds one, that one
 * has to be right, whatever the header says.
 */
export async function hasSecret(delivery: Delivery, { header = "authorization", secret = "" }: Hook): Promise<boolean> {
  const { pathSecret, url, headers } = delivery;
  const presented = pathSecret === undefined ? [url.searchParams.get("access_token"), ...secretsIn(headers.get(header))] : [pathSecret];
  const matches = await Promise.all(presented.map((one) => isSecret(one, secret)));
  return matches.includes(true);
}

/** The secrets that a header's value may stand for: itself, what follows a scheme, or the password of Basic. */
function secretsIn(value: string | null): string[] {
  const [, scheme = "", rest] = /^(\S+) +(\S.*)$/.exec(value ?? "") ?? [];
  if (value === null || rest === undefined) {
    return value === null ? [] : [value];
  }
  const pair = scheme.toLowerCase() === "basic" ? bytesOfBase64(rest) : undefined;
  const [, password] = pair === undefined ? [] : (/^[^:]*:(.*)$/s.exec(new TextDecoder().decode(pair)) ?? []);
  return [value, rest, ...(password === undefined ? [] : [password])];
}

/**
 * For senders that sign: whether the header is the HMAC-SHA256 of `content` in hex, with or without `sha256=` before it. A path with a secret is refused:
 * it is not checked, and whoever configured it would believe that it was.
 */
export async function isSigned(
  delivery: Delivery,
  hook: Hook,
  header: string,
  content: Uint8Array<ArrayBuffer> = delivery.body,
): Promise<boolean> {
  const mac = bytesOfHex(delivery.headers.get(header)?.replace(/^sha256=/, ""));
  const isOurs = await isHmac(joined(hook.secret ?? ""), mac, content);
  return isOurs && delivery.pathSecret === undefined;
}

/** For a hook that does not exist: always false, after as much work as a real check, so that the time taken does not tell which hooks exist. */
export async function isNobody({ body, pathSecret }: Delivery): Promise<false> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  await isHmac(key, new Uint8Array(32), body);
  await isSecret(pathSecret ?? "", "nobody's");
  return false;
}
