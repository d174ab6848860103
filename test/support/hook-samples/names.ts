/** What both ends of a test agree on: how the hooks are called, and whom Google's tokens are about. */
import type { HookSample } from "./sample.ts";

/** The hook of a sample: its title as it may stand in a URL. */
export function hookName({ title }: HookSample): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/-$/, "");
}

/** Settings of Google's hooks. */
export const GAR_RULES = { audience: "https://ship.test/hooks/gar", email: "push@project.iam.gserviceaccount.com" } as const;
