/** The route of the browser's address. */
import { useEffect, useState } from "preact/hooks";
import { type Route, routeOf } from "./route.ts";

/** Returns the route, and renders the component again whenever it changes. */
export function useRoute(): Route {
  const [fragment, setFragment] = useState(location.hash);
  useEffect(() => {
    const changed = () => setFragment(location.hash);
    addEventListener("hashchange", changed);
    // It may have changed between the first render and now.
    changed();
    return () => removeEventListener("hashchange", changed);
  }, []);
  return routeOf(fragment);
}
