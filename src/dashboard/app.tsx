/** The frame around every page: the name, the navigation and the token. */
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ComparePage } from "./compare-page.tsx";
import { CopyPage } from "./copy-page.tsx";
import { JobPage } from "./job-page.tsx";
import { JobsPage } from "./jobs-page.tsx";
import { percentDecoded } from "./percent.ts";
import { linkTo, type Route } from "./route.ts";
import { useAccess } from "./service.ts";
import { SyncsPage } from "./syncs-page.tsx";
import { TokenDialog } from "./token-dialog.tsx";
import { useRoute } from "./use-route.ts";

interface Page {
  title: string;
  /** The entry of the navigation that it belongs to. */
  section: string;
  content: JSX.Element;
}

const SECTIONS: readonly { path: string; name: string }[] = [
  { path: "/jobs", name: "Jobs" },
  { path: "/copy", name: "New copy" },
  { path: "/compare", name: "Compare" },
  { path: "/syncs", name: "Syncs" },
];

/** The whole dashboard: navigation, the page that the address names, and the token dialog where it is needed. */
export function App(): JSX.Element {
  const route = useRoute();
  const { refused, hasToken } = useAccess();
  const [isAsking, setAsking] = useState(false);
  const main = useRef<HTMLElement>(null);
  const page = pageOf(route);
  useEffect(() => {
    document.title = `${page.title} · transship`;
  }, [page.title]);
  useFocusOnChange(`${page.section} ${route.path}`, main);
  return (
    <>
      <button type="button" class="skip-link" onClick={() => main.current?.focus()}>
        Skip to content
      </button>
      <header class="top">
        <a class="brand" href={linkTo("/jobs")}>
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <path d="M6 11h14m-5-5 5 5-5 5M26 21H12m5-5-5 5 5 5" />
          </svg>
          transship
        </a>
        <nav aria-label="Pages">
          <ul>
            {SECTIONS.map(({ path, name }) => (
              <li key={path}>
                <a href={linkTo(path)} aria-current={page.section === path ? "page" : undefined}>
                  {name}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <div class="top-end">
          <a href="/docs">API</a>
          <button type="button" class="quiet" onClick={() => setAsking(true)}>
            {hasToken ? "Token" : "No token"}
          </button>
        </div>
      </header>
      <main ref={main} tabIndex={-1} id="main">
        {page.content}
      </main>
      {isAsking || refused !== undefined ? <TokenDialog refused={refused} close={() => setAsking(false)} /> : null}
    </>
  );
}

function pageOf({ path, query }: Route): Page {
  const [, section = "", id] = path.split("/");
  if (section === "jobs" && id !== undefined && id !== "") {
    return { title: "Job", section: "/jobs", content: <JobPage key={id} id={percentDecoded(id)} /> };
  }
  switch (section) {
    case "jobs":
      return {
        title: "Jobs",
        section: "/jobs",
        content: <JobsPage status={query.get("status") ?? ""} cursor={query.get("cursor") ?? ""} />,
      };
    case "copy":
      return { title: "New copy", section: "/copy", content: <CopyPage key={query.toString()} query={query} /> };
    case "compare":
      return { title: "Compare", section: "/compare", content: <ComparePage query={query} /> };
    case "syncs":
      return { title: "Syncs", section: "/syncs", content: <SyncsPage /> };
    default:
      return {
        title: "Nothing here",
        section: "",
        content: (
          <>
            <h1>Nothing here</h1>
            <p>
              There is no page at this address. <a href={linkTo("/jobs")}>All jobs</a>
            </p>
          </>
        ),
      };
  }
}

/** Moves the focus to a new page, for keyboards and screen readers, as a browser does when it loads a document. */
function useFocusOnChange(key: string, main: { current: HTMLElement | null }): void {
  const last = useRef(key);
  useEffect(() => {
    if (last.current !== key) {
      last.current = key;
      main.current?.focus({ preventScroll: true });
      scrollTo(0, 0);
    }
  }, [key, main]);
}
