/** A real R2 bucket whose operations are counted and fail as told. */

type BucketOperation = "get" | "head" | "put" | "delete" | "list" | "createMultipartUpload" | "uploadPart" | "complete" | "abort";

export interface FaultyBucket {
  bucket: R2Bucket;
  /** How often an operation was begun, on keys that begin so. */
  count(operation: BucketOperation, prefix?: string): number;
  /** Told before each operation, with its key or part number; what it throws is the operation's failure, and what it waits for holds it up. */
  onCall: (operation: BucketOperation, about: unknown) => void | Promise<void>;
}

export function faultyBucket(real: R2Bucket): FaultyBucket {
  const calls: { operation: BucketOperation; about: string }[] = [];
  const faulty: FaultyBucket = {
    bucket: real,
    count: (operation, prefix = "") => calls.filter((call) => call.operation === operation && call.about.startsWith(prefix)).length,
    onCall: () => {},
  };
  const watched =
    <A extends unknown[], R>(operation: BucketOperation, call: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      calls.push({ operation, about: String(args[0]) });
      await faulty.onCall(operation, args[0]);
      return await call(...args);
    };
  const upload = (of: R2MultipartUpload): R2MultipartUpload => ({
    key: of.key,
    uploadId: of.uploadId,
    uploadPart: watched("uploadPart", (...args) => of.uploadPart(...args)),
    complete: watched("complete", (...args) => of.complete(...args)),
    abort: watched("abort", () => of.abort()),
  });
  const operations = {
    get: watched("get", (...args: Parameters<R2Bucket["get"]>) => real.get(...args)),
    head: watched("head", (...args: Parameters<R2Bucket["head"]>) => real.head(...args)),
    put: watched("put", (...args: Parameters<R2Bucket["put"]>) => real.put(...args)),
    delete: watched("delete", (...args: Parameters<R2Bucket["delete"]>) => real.delete(...args)),
    list: watched("list", (...args: Parameters<R2Bucket["list"]>) => real.list(...args)),
    createMultipartUpload: watched("createMultipartUpload", async (...args: Parameters<R2Bucket["createMultipartUpload"]>) =>
      upload(await real.createMultipartUpload(...args)),
    ),
    resumeMultipartUpload: (key: string, uploadId: string) => upload(real.resumeMultipartUpload(key, uploadId)),
  };
  faulty.bucket = operations as unknown as R2Bucket;
  return faulty;
}

/** An error as R2 gives it. */
export function r2Error(operation: string, code: number): Error {
  return new Error(`${operation}: We encountered an internal error. Please try again. (${code})`);
}
