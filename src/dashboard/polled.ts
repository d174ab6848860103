/** Polls the service for what a page shows. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { type Trouble, useAccess, useService } from "./service.ts";

/** What {@link usePolled} knows so far. */
export interface Polled<T> {
  /** The newest answer to this very path; it stays while a newer one is asked for. */
  value: T | undefined;
  /** Why the newest attempt failed. */
  trouble: Trouble | undefined;
  /** Asks at once. */
  refresh(): void;
}

/**
 * Requests `path` at once and, while the browser's tab is visible, again `pauseMs` milliseconds after each answer. Without a path nothing is requested; a
 * pause of null ends the polling. A changed `occasion` makes a request at once.
 */
export function usePolled<T>(path: string | undefined, pauseMs: (value: T | undefined) => number | null, occasion?: unknown): Polled<T> {
  const service = useService();
  const { generation } = useAccess();
  const [state, setState] = useState<{ path: string | undefined; value?: T; trouble?: Trouble }>({ path });
  const [round, setRound] = useState(0);
  // A new token (`generation`), `refresh` (`round`) or `occasion` starts over. `pauseMs` is left out: it is a new function at every render.
  useEffect(() => {
    if (path === undefined) {
      return;
    }
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let known: T | undefined;
    let isDue = false;
    const ask = async (): Promise<void> => {
      isDue = false;
      const answer = await service.get<T>(path, stop.signal);
      if (stop.signal.aborted) {
        return;
      }
      if (answer.ok) {
        known = answer.value;
        setState({ path, value: answer.value });
      } else {
        const { trouble } = answer;
        setState((before) => ({ path, trouble, ...(before.path === path && before.value !== undefined ? { value: before.value } : {}) }));
      }
      const pause = answer.ok || answer.trouble.status !== 401 ? pauseMs(known) : null;
      if (pause !== null) {
        timer = setTimeout(look, pause);
      }
    };
    // A tab in the background requests nothing; what is due is requested once the tab is visible.
    const look = (): void => {
      isDue = true;
      seen();
    };
    const seen = (): void => {
      if (isDue && document.visibilityState === "visible") {
        void ask();
      }
    };
    document.addEventListener("visibilitychange", seen);
    void ask();
    return () => {
      stop.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    };
  }, [service, path, generation, round, occasion]);
  const refresh = useCallback(() => setRound((number) => number + 1), []);
  const { value, trouble } = state.path === path ? state : { value: undefined, trouble: undefined };
  return { value, trouble, refresh };
}
