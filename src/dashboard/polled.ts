/** What is asked for again and again while a page shows it. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { type Trouble, useAccess, useService } from "./service.ts";

export interface Polled<T> {
  /** The newest answer to this very path; what is there stays while a newer one is asked for. */
  value: T | undefined;
  /** Why the newest attempt failed. */
  trouble: Trouble | undefined;
  /** Asks at once. */
  refresh(): void;
}

/** Asks for `path` now and, while the page can be seen, again after `pauseMs` of each answer; a pause of null asks once, no path never. Another `occasion` asks at once. */
export function usePolled<T>(path: string | undefined, pauseMs: (value: T | undefined) => number | null, occasion?: unknown): Polled<T> {
  const service = useService();
  const { generation } = useAccess();
  const [state, setState] = useState<{ path: string | undefined; value?: T; trouble?: Trouble }>({ path });
  const [round, setRound] = useState(0);
  // Another token, round or occasion asks again; a `pauseMs` that is made anew does not.
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
    // A page in the background asks for nothing; it does once it is looked at.
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
