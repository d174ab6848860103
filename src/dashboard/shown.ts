/** Whether a component is still shown when an answer comes. If not, the user has gone to another page, and must not be taken back. */
import { useEffect, useRef } from "preact/hooks";

/** Returns an object whose `current` is true for as long as the component is mounted. */
export function useShown(): { readonly current: boolean } {
  const shown = useRef(true);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  return shown;
}
