/** Signed links to blobs at the storage host, as registries hand them out that keep their blobs in object storage. */
import { randomBytes } from "node:crypto";

export class StorageLinks {
  readonly #targets = new Map<string, { repository: string; digest: string }>();

  /** Makes a link that can be read with GET until {@link expireAll}. */
  sign(origin: string, repository: string, digest: string): string {
    const signature = randomBytes(24).toString("base64url");
    this.#targets.set(signature, { repository, digest });
    return `${origin}/storage/${signature}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=1200`;
  }

  find(signature: string): { repository: string; digest: string } | undefined {
    return this.#targets.get(signature);
  }

  /** Makes every link so far answer 403 (Q58). */
  expireAll(): void {
    this.#targets.clear();
  }
}
