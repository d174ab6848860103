/** The schema of `API_TOKENS`: who may call the API, and what each caller may copy. Only hashes of the tokens are stored. */
import * as z from "zod/mini";
import type { CopyRule } from "../policy.ts";
import { COPY_RULES } from "./rules.ts";

/** One token of `API_TOKENS`. */
export interface ApiToken {
  /** Names the caller in the jobs that were asked for with it. Unique. */
  name: string;
  /** SHA-256 of the token, 64 lower-case hex digits. */
  sha256: string;
  /** What may be copied with it, within `POLICY`. @default whatever `POLICY` allows */
  allow?: CopyRule[];
  /** The time from which on it is refused, in milliseconds since the epoch. @default never */
  expires?: number;
}

/** The name of callers without a token where `ALLOW_ANONYMOUS` is set; no token may have it. */
export const ANONYMOUS = "anonymous";

/** SHA-256 of the empty text: what a script writes into the configuration when the variable that should hold the token is empty. */
const HASH_OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

const token = z.strictObject({
  name: z.string().check(
    z.regex(/^[\w.@ -]{1,64}$/, "must be 1 to 64 letters, digits, spaces or any of . _ @ -"),
    z.refine((name) => name !== ANONYMOUS, `must not be "${ANONYMOUS}"`),
  ),
  sha256: z.string().check(
    z.regex(/^[0-9a-fA-F]{64}$/, "must be the token's SHA-256 as 64 hex digits"),
    z.refine((hex) => hex.toLowerCase() !== HASH_OF_NOTHING, "is the hash of an empty token"),
  ),
  allow: z.exactOptional(COPY_RULES),
  expires: z.exactOptional(z.iso.datetime({ offset: true, error: "must be a date and time as in RFC 3339: 2027-01-31T00:00:00Z" })),
});

/** The schema of `API_TOKENS`. Names and hashes have to be unique; hashes come out in lower case, times in milliseconds since the epoch. */
export const API_TOKENS: z.ZodMiniType<ApiToken[]> = z.pipe(
  z.array(token).check(
    z.superRefine((tokens, context) => {
      for (const [index, { name, sha256 }] of tokens.entries()) {
        const earlier = tokens.slice(0, index);
        if (earlier.some((other) => other.name === name)) {
          context.addIssue({ code: "custom", message: "must be unique", input: undefined, path: [index, "name"] });
        }
        if (earlier.some((other) => other.sha256.toLowerCase() === sha256.toLowerCase())) {
          context.addIssue({
            code: "custom",
            message: "must be unique: two names for one token",
            input: undefined,
            path: [index, "sha256"],
          });
        }
      }
    }),
  ),
  z.transform((tokens: z.output<typeof token>[]) =>
    tokens.map(({ expires, sha256, ...rest }) => ({
      ...rest,
      sha256: sha256.toLowerCase(),
      ...(expires === undefined ? {} : { expires: Date.parse(expires) }),
    })),
  ),
);
