/** Tests whether a bucket can be written to, read and deleted from. */

/** Where the trial object is. No key of the stage's schema begins so, and the sweep leaves it alone: it lives for a moment. */
const PREFIX = "trial/";

/** Writes an object, reads it back and removes it; rejects with the bucket's error, or where it reads something else. */
export async function tryBucket(bucket: R2Bucket, name: string): Promise<void> {
  const key = `${PREFIX}${name}`;
  await bucket.put(key, name);
  try {
    const found = await bucket.get(key);
    if ((await found?.text()) !== name) {
      throw new Error("What was written is not what is read");
    }
  } finally {
    await bucket.delete(key);
  }
}
