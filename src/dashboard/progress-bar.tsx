/** A bar that fills. */
import type { JSX } from "preact";

export function ProgressBar({ fraction, label, tone }: { fraction: number; label: string; tone: string }): JSX.Element {
  const percent = Math.round(100 * Math.min(1, Math.max(0, fraction)));
  return (
    <div class={`bar ${tone}`} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <div style={{ width: `${percent}%` }} />
    </div>
  );
}
