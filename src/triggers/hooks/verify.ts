/** The ways in which senders prove who they are. */
import type { Hook } from "../../config/hooks.ts";
import { bytesOfBase64, bytesOfHex, isHmac, isSecret, joined } from "../signature.ts";
import type { Delivery } from "./push-event.ts";

/** For senders that can be given a URL and nothing else: the secret is its last part. */
export async function hasPathSecret({ pathSecret }: Delivery, { secret = "" }: Hook): Promise<boolean> {
  return await isSecret(pathSecret, secret);
}

/**
 * For senders that can be given a header: the secret is its value, a Bearer token, or the password of Basic.
 *
 * It may stand in the path instead, or as `access_token` in the query (CloudEvents HTTP webhooks 1.0, §3.2): it is the same secret, and as readable.
 * One that stands in the path has to be right, whatever the header says.
 */
export async function hasSecret(delivery: Delivery, { header = "authorization", secret = "" }: Hook): Promise<boolean> {
  const { pathSecret, url, headers } = delivery;
  const presented = pathSecret === undefined ? [url.searchParams.get("access_token"), ...secretsIn(headers.get(header))] : [pathSecret];
  const matches = await Promise.all(presented.map((one) => isSecret(one, secret)));
  return matches.includes(true);
}

/** What a header's value may mean: itself, what follows a scheme, or the password in a Basic pair. */
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
 * For senders that sign: the header is the HMAC-SHA256 of the body in hex, behind `sha256=` or bare. A secret in the path has no place there: it
 * would be taken for one that protects, and protects nothing.
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

/** As much work as a real check, for a hook that does not exist. */
export async function isNobody({ body, pathSecret }: Delivery): Promise<false> {
  const key = crypto.getRandomValues(new Uint8Array(32));
  await isHmac(key, new Uint8Array(32), body);
  await isSecret(pathSecret ?? "", "nobody's");
  return false;
}
