/** Numbers and times as people read them. Pure. */

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** `7340032` as `7.0 MiB`. */
export function bytesInWords(bytes: number): string {
  const power = bytes < 1024 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log2(bytes) / 10));
  const value = bytes / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(value < 100 ? 1 : 0)} ${UNITS[power]}`;
}

/** Both with the unit of the second: `3.5 of 7.0 MiB`. */
export function bytesOfBytes(done: number, total: number): string {
  const [, unit = ""] = bytesInWords(total).split(" ");
  const power = UNITS.indexOf(unit as (typeof UNITS)[number]);
  const value = done / 1024 ** power;
  return `${power === 0 ? value : value.toFixed(total / 1024 ** power < 100 ? 1 : 0)} of ${bytesInWords(total)}`;
}

/** Seconds as `0.4 s`, `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationInWords(seconds: number): string {
  if (seconds < 9.95) {
    return `${Math.max(0, seconds).toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  const [minutes, hours, days] = [Math.floor(whole / 60), Math.floor(whole / 3600), Math.floor(whole / 86_400)];
  if (minutes === 0) {
    return `${whole} s`;
  }
  if (hours === 0) {
    return `${minutes} min${whole % 60 === 0 ? "" : ` ${whole % 60} s`}`;
  }
  return days === 0
    ? `${hours} h${minutes % 60 === 0 ? "" : ` ${minutes % 60} min`}`
    : `${days} d${hours % 24 === 0 ? "" : ` ${hours % 24} h`}`;
}

/** A moment seen from another: `just now`, `5 min ago`, `in 3 h`. */
export function relativeTime(atMs: number, nowMs: number): string {
  const seconds = Math.abs(nowMs - atMs) / 1000;
  if (seconds < 5) {
    return "just now";
  }
  const [amount, unit] =
    seconds < 60
      ? [seconds, "s"]
      : seconds < 3600
        ? [seconds / 60, "min"]
        : seconds < 86_400
          ? [seconds / 3600, "h"]
          : [seconds / 86_400, "d"];
  const words = `${Math.floor(amount as number)} ${unit}`;
  return atMs > nowMs ? `in ${words}` : `${words} ago`;
}

/** `1 blob`, `2 blobs`. */
export function counted(number: number, noun: string): string {
  return `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
}

/** The first letter as a capital one. */
export function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
