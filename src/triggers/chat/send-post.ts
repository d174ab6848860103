/** Sends an answer that comes later. Its URL may come from the platform's request, so it is checked like every URL that somebody else has chosen. */
import { outsideUrl, type Permits } from "../../net/address.ts";
import { readCapped } from "../../net/capped-body.ts";
import { recordAt } from "../json-fields.ts";
import type { PostRequest } from "./later-post.ts";

/** Most bytes of the response that are read; only Telegram's matters, for the id of the message. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** How long a platform may take to respond, in milliseconds. */
const ANSWER_MS = 10_000;

/** What sending needs of the outside. */
export interface PostDeps {
  fetchUrl(url: string, init: RequestInit): Promise<Response>;
  /** What is allowed at a host, beyond public addresses over https. */
  permit: Permits;
}

/**
 * Sends the request. Returns the id of the new message, where the platform tells one. Rejects where the URL is not allowed or the platform does not
 * take the post; the error does not repeat the URL, which may hold a secret.
 */
export async function sendPost({ method, url, body }: PostRequest, { fetchUrl, permit }: PostDeps): Promise<{ message?: number }> {
  const { host } = outsideUrl(url, permit);
  const response = await fetchUrl(url, {
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
