/** Where the chance in test data comes from. */
import { randomBytes } from "node:crypto";

/** The given seed; without one that of the environment variable `TEST_SEED`, or a new one, which is printed so that a failure can be repeated. */
export function chooseSeed(given?: string): string {
  if (given !== undefined) {
    return given;
  }
  const seed = process.env.TEST_SEED ?? randomBytes(6).toString("hex");
  process.stderr.write(`test data: TEST_SEED=${seed}\n`);
  return seed;
}
