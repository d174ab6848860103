/** Whether a component is still there when an answer comes: whoever has gone elsewhere meanwhile is not called back. */
import { useEffect, useRef } from "preact/hooks";

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
