/** The shape of copy rules, as they stand in `POLICY` and in each token's `allow`, and of the globs in them. */
import * as z from "zod/mini";
import { type CopyRule, globFault } from "../policy.ts";

/** A glob over repositories, as `policy.ts` reads them. */
export const REPOSITORY_GLOB: z.ZodMiniType<string> = z.string().check(
  z.superRefine((value, context) => {
    const fault = globFault(value);
    if (fault !== undefined) {
      context.addIssue(fault);
    }
  }),
);

/** An empty list is a list: it allows nothing. */
export const COPY_RULES: z.ZodMiniType<CopyRule[]> = z.array(z.strictObject({ from: REPOSITORY_GLOB, to: REPOSITORY_GLOB }));
