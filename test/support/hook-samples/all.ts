/** Every sender in every form. */
import { CLOUD_SAMPLES } from "./clouds.ts";
import { EVENT_SAMPLES } from "./events.ts";
import { PLAIN_SAMPLES } from "./plain.ts";
import type { HookSample } from "./sample.ts";
import { SIGNED_SAMPLES } from "./signed.ts";

/** All but Google's, whose token is made elsewhere. */
export const HOOK_SAMPLES: readonly HookSample[] = [...PLAIN_SAMPLES, ...SIGNED_SAMPLES, ...EVENT_SAMPLES, ...CLOUD_SAMPLES];
