/** Times that are shown relative to now, and kept up to date. */
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { relativeTime } from "./words.ts";

/** Returns the time in milliseconds since the epoch, and renders the component again every `stepMs` milliseconds. */
export function useNow(stepMs: number): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), stepMs);
    return () => clearInterval(timer);
  }, [stepMs]);
  return now;
}

/** How long ago a time was, or how far off it is; the time itself, in UTC, is in the tooltip. */
export function Moment({ at }: { at: string }): JSX.Element {
  const now = useNow(5_000);
  return (
    <time dateTime={at} title={inUtc(at)}>
      {relativeTime(Date.parse(at), now)}
    </time>
  );
}

/** `2026-11-25 02:30:00 UTC` */
export function inUtc(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`;
}
