/** The route as the address says. */
import { useEffect, useState } from "preact/hooks";
import { type Route, routeOf } from "./route.ts";

/** The route as it is now, and again whenever it changes. */
export function useRoute(): Route {
  const [fragment, setFragment] = useState(location.hash);
  useEffect(() => {
    const changed = () => setFragment(location.hash);
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return routeOf(fragment);
}
