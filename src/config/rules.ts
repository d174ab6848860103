/** The schemas of copy rules, which `POLICY`, `CHAT` and each token's `allow` hold, and of their globs. */
import * as z from "zod/mini";
import { type CopyRule, globFault } from "../policy.ts";

/** A glob over repositories, as `policy.ts` describes it. */
export const REPOSITORY_GLOB: z.ZodMiniType<string> = z.string().check(
  z.superRefine((value, context) => {
    const fault = globFault(value);
    if (fault !== undefined) {
      context.addIssue(fault);
    }
  }),
);

/** A list of copy rules. An empty one is not the same as none: it allows nothing. */
export const COPY_RULES: z.ZodMiniType<CopyRule[]> = z.array(z.strictObject({ from: REPOSITORY_GLOB, to: REPOSITORY_GLOB }));
