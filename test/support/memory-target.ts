/** A destination repository in memory, for blobs only: what it has, what it is asked, and the uploads that were begun there. */
import type { Descriptor } from "../../src/oci/descriptor.ts";
import type { BlobUpload, ContentTarget, UploadCheckpoint } from "../../src/oci/store.ts";
import { MemoryUpload } from "./memory-upload.ts";

export class MemoryTarget implements ContentTarget {
  /** What it has, by digest. */
  readonly blobs = new Set<string>();
  /** What a mount does: takes the blob over, or begins an upload as registries do that can't. */
  mounts: "done" | "refused" = "refused";
  /** In order: `has`, `mount from …`, `start`. */
  readonly asked: string[] = [];
  /** Every upload that was begun, by a mount as well. */
  readonly uploads: MemoryUpload[] = [];
  /** Called with each new upload and its number, from 1. */
  prepare: (upload: MemoryUpload, number: number) => void = () => {};
  /** Waited for before anything is answered. */
  answers: (question: string) => Promise<void> = async () => {};

  async hasBlob(blob: Descriptor): Promise<boolean> {
    await this.#hear("has");
    return this.blobs.has(blob.digest);
  }

  async mountBlob(_blob: Descriptor, fromRepository: string): Promise<"mounted" | BlobUpload> {
    await this.#hear(`mount from ${fromRepository}`);
    return this.mounts === "done" ? "mounted" : this.#begin();
  }

  async startUpload(): Promise<BlobUpload> {
    await this.#hear("start");
    return this.#begin();
  }

  /** Uploads that were neither committed nor given back. */
  get left(): number {
    return this.uploads.filter(({ committed, cancels }) => committed === undefined && cancels === 0).length;
  }

  continueUpload(_blob: Descriptor, _checkpoint: UploadCheckpoint): BlobUpload {
    throw new Error("Nothing is gone on with here");
  }

  headManifest(): Promise<never> {
    throw new Error("There are no manifests here");
  }

  putManifest(): Promise<never> {
    throw new Error("There are no manifests here");
  }

  async #hear(question: string): Promise<void> {
    this.asked.push(question);
    await this.answers(question);
  }

  #begin(): MemoryUpload {
    const upload = new MemoryUpload();
    this.uploads.push(upload);
    this.prepare(upload, this.uploads.length);
    return upload;
  }
}
