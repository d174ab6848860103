/** A bar that fills. */
import type { JSX } from "preact";

/** A bar. `fraction` is from 0 to 1, `tone` a class of the style sheet, `label` what a screen reader says. */
export function ProgressBar({ fraction, label, tone }: { fraction: number; label: string; tone: string }): JSX.Element {
  const percent = Math.round(100 * Math.min(1, Math.max(0, fraction)));
  return (
    <div class={`bar ${tone}`} role="progressbar" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={percent}>
      <div style={{ width: `${percent}%` }} />
    </div>
  );
}
