/** Programs of this machine that tests use where they are there. */
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The first executable of this name on the PATH, or `undefined`. */
export function onPath(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** Whether there is a program at this path. */
export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
