/** Ctrl-C and similar signals, for scripts that have started other programs and must stop those first. */

/** Why a signal's `AbortSignal` was aborted. */
export class Interruption extends Error {
  /** The exit status that tells of the signal: 128 and its number. */
  readonly status: number;

  constructor(name: string, number: number) {
    super(`ended by ${name}`);
    this.status = 128 + number;
  }
}

/**
 * Returns a signal that is aborted, with an {@link Interruption}, when the user wants this program to end. A second Ctrl-C ends the process at once;
 * then only its exit handlers run.
 */
export function interruption(): AbortSignal {
  const controller = new AbortController();
  const signals = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 };
  for (const [name, number] of Object.entries(signals)) {
    process.on(name, () => {
      if (controller.signal.aborted) {
        process.exit(128 + number);
      }
      controller.abort(new Interruption(name, number));
    });
  }
  return controller.signal;
}
