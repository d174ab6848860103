/** A folder in memory, for state that needs no disk: the local runtime syncs some nine times for each new Durable Object. */
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where Linux has its file system in memory. */
const MEMORY = "/dev/shm";

export interface TemporaryFolder {
  path: string;
  remove(): Promise<void>;
}

/** Makes a folder, in memory where there is room for so many bytes, else among the temporary files. */
export async function memoryFolder(bytes: number): Promise<TemporaryFolder> {
  const path = await mkdtemp(join((await hasRoom(bytes)) ? MEMORY : tmpdir(), "transship-state-"));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

async function hasRoom(bytes: number): Promise<boolean> {
  try {
    const { bavail, bsize } = await statfs(MEMORY);
    return bavail * bsize > bytes;
  } catch {
    return false;
  }
}
