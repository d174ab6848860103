/** The headers that say where an upload goes on and how far it is. */
import type { Exchange } from "./answer.ts";
import type { Quirks } from "./quirks.ts";
import type { Session } from "./sessions.ts";

/** Makes a new Location for a session, and tells what it holds. */
export function uploadHeaders(
  { quirks, storageOrigin }: { quirks: Quirks; storageOrigin: string },
  { origin }: Exchange,
  session: Session,
): Record<string, string> {
  const range = rangeOf(quirks, session);
  return {
    location: locationOf(quirks, origin, storageOrigin, session),
    "docker-upload-uuid": session.id,
    ...(range === undefined ? {} : { range }),
  };
}

function locationOf({ uploadLocation }: Quirks, origin: string, storageOrigin: string, session: Session): string {
  const query = `?_state=${session.nextState()}`;
  const path = `/v2/${session.repository}/blobs/uploads/${session.id}${query}`;
  switch (uploadLocation) {
    case "absolute":
      return `${origin}${path}`;
    case "relative":
      return path;
    case "bare":
      return `${session.id}${query}`;
    case "other-path":
      return `/artifacts-uploads/namespaces/1/repositories/${session.repository}/uploads/${session.id}${query}`;
    case "other-host":
      // A signature that is another one after its query was read and written again (Q73).
      return `${storageOrigin}/uploads/${session.id}${query}&signature=a/b%20c%3D`;
    case "no-port":
      return `${origin.replace(/:\d+$/, "")}${path}`;
  }
}

function rangeOf({ rangeForm, emptyRange, rangeStuck }: Quirks, session: Session): string | undefined {
  if (rangeForm === "absent") {
    return undefined;
  }
  if (session.size === 0) {
    return emptyRange === "absent" ? undefined : emptyRange;
  }
  const end = (rangeStuck ? (session.chunks[0] ?? session.size) : session.size) - 1;
  return rangeForm === "bytes=0-N" ? `bytes=0-${end}` : `0-${end}`;
}
