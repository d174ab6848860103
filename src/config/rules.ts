/** The shape of copy rules, as they stand in `POLICY` and in each token's `allow`. */
import * as z from "zod/mini";
import { type CopyRule, globFault } from "../policy.ts";

const glob = z.string().check(
  z.superRefine((value, context) => {
    const fault = globFault(value);
    if (fault !== undefined) {
      context.addIssue(fault);
    }
  }),
);

/** An empty list is a list: it allows nothing. */
export const COPY_RULES: z.ZodMiniType<CopyRule[]> = z.array(z.strictObject({ from: glob, to: glob }));
