/** Sends an answer that comes later, guarded as every address is that somebody else has chosen. */
import { outsideUrl, type Permits } from "../../net/address.ts";
import { readCapped } from "../../net/capped-body.ts";
import { recordAt } from "../json-fields.ts";
import type { PostRequest } from "./later-post.ts";

/** Longest answer that is read: only Telegram's, for the id of the message. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** How long a platform may take. */
const ANSWER_MS = 10_000;

export interface PostDeps {
  fetch(url: string, init: RequestInit): Promise<Response>;
  permit: Permits;
}

/** Sends the request and gives the id of the message that it made, where the platform says one. Fails where the address is not allowed or the platform does not take it; the message holds no address, which may hold secrets. */
export async function sendPost({ method, url, body }: PostRequest, { fetch, permit }: PostDeps): Promise<{ message?: number }> {
  const { host } = outsideUrl(url, permit);
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  });
  const { bytes } = await readCapped(response, MAX_ANSWER_BYTES);
  if (response.status < 200 || response.status > 299) {
    throw new Error(`${host} answered ${response.status}`);
  }
  const message = messageId(new TextDecoder().decode(bytes));
  return message === undefined ? {} : { message };
}

function messageId(text: string): number | undefined {
  try {
    const id = recordAt(JSON.parse(text), "result")?.message_id;
    return Number.isSafeInteger(id) ? (id as number) : undefined;
  } catch {
    return undefined;
  }
}
