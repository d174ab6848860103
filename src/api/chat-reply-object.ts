/** The Durable Object that goes on answering a chat command after its request has been answered. */
import { DurableObject } from "cloudflare:workers";
import { configOf } from "../config/config.ts";
import { permitsOf } from "../config/registries.ts";
import { findJob } from "../jobs/submit.ts";
import { workerEffects } from "../jobs/worker-effects.ts";
import { type Following, followStep, MAX_STEP_MS, RETRY_MS } from "../triggers/chat/follow-job.ts";
import { postRequest } from "../triggers/chat/later-post.ts";
import type { ReplyTarget } from "../triggers/chat/message.ts";
import { sendPost } from "../triggers/chat/send-post.ts";

/** A step that has not ended so long after it began is taken again: its process has died. */
const STEP_DEADLINE_MS = MAX_STEP_MS + 30_000;

/** Follows one job for one chat command; named `PLATFORM:JOB`. What it does at each alarm is `followStep`. */
export class ChatReply extends DurableObject<Cloudflare.Env> {
  /** Begins to follow a job; does nothing where it follows one already. */
  async follow(following: Following): Promise<void> {
    if (this.ctx.storage.kv.get("following") === undefined) {
      this.ctx.storage.kv.put("following", following);
      await this.ctx.storage.setAlarm(Date.now());
    }
  }

  /** Takes the next step, and sets the alarm for the one after it; forgets everything once there is nothing more to show. */
  override async alarm(): Promise<void> {
    const { storage } = this.ctx;
    const following = storage.kv.get<Following>("following");
    if (following === undefined) {
      return;
    }
    await storage.setAlarm(Date.now() + STEP_DEADLINE_MS);
    const next = await followStep(following, {
      now: () => Date.now(),
      waitForEnd: async (job, ms) => (await findJob(this.env, job)?.waitForEnd(ms)) ?? null,
      post: (target, text) => this.#post(target, text),
    }).catch(() => following);
    if (next === null) {
      await storage.deleteAll();
      return;
    }
    storage.kv.put("following", next);
    await storage.setAlarm(Date.now() + (next === following || next.failures > following.failures ? RETRY_MS : 0));
  }

  async #post(target: ReplyTarget, text: string): Promise<{ message?: number }> {
    const { chat, registries } = configOf(this.env);
    const request = postRequest(target, text, {
      discord: chat.endpoints.discord,
      telegram: chat.endpoints.telegram,
      telegramToken: chat.telegram?.botToken,
    });
    return request === undefined ? {} : await sendPost(request, { fetchUrl: workerEffects.fetch, permit: permitsOf(registries) });
  }
}
