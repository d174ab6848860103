/** The OpenAPI document as one page of HTML, without scripts and without anything from another host. Pure. */
import { PROBLEM_EXAMPLES } from "./examples.ts";
import type { Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";

/** The page's Content-Security-Policy: it may use its own style, and nothing else. */
export const DOCS_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE = `:root{color-scheme:light dark;--line:#8884}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
h2{margin-top:2.5rem}code,pre{font:14px/1.4 ui-monospace,monospace}pre{overflow:auto;border:1px solid var(--line);border-radius:6px;padding:.75rem}
table{border-collapse:collapse;width:100%}td,th{border-top:1px solid var(--line);padding:.35rem .5rem;text-align:left;vertical-align:top}
.method{display:inline-block;min-width:3.5rem;font-weight:700}section{border-top:1px solid var(--line);margin-top:1.5rem}`;

/** Returns the page, as HTML. */
export function docsPage(): string {
  const tags = Map.groupBy(OPERATIONS, ({ tag }) => tag);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>transship API</title><style>${STYLE}</style></head><body><main><h1>transship API</h1>
<p>Every error is a problem document with a <code>code</code>. The same as <a href="/openapi.json">OpenAPI 3.1</a>.</p>
<nav aria-label="Operations"><ul>${OPERATIONS.map((one) => `<li><a href="#${one.id}"><code>${one.method.toUpperCase()} ${escaped(one.path)}</code></a> ${escaped(one.summary)}</li>`).join("")}</ul></nav>
${Array.from(tags, ([tag, operations]) => `<h2>${tag}</h2>${operations.map(section).join("")}`).join("")}
</main></body></html>`;
}

function section({ id, method, path, summary, description, isOpen, parameters = [], body, answers, problems }: Operation): string {
  const rows = parameters.map(
    ({ name, in: place, required, description: words }) =>
      `<tr><td><code>${escaped(name)}</code></td><td>${place}${required ? ", required" : ""}</td><td>${escaped(words)}</td></tr>`,
  );
  const examples = Object.values(body?.examples ?? {}).map((example) => `<pre>${json(example)}</pre>`);
  const results = Object.entries(answers).map(([status, answer]) => `<tr><td>${status}</td><td>${escaped(answer.description)}</td></tr>`);
  const failures = [...problems, ...(isOpen ? [] : [401])]
    .sort((a, b) => a - b)
    .map((status) => `<tr><td>${status}</td><td><code>${PROBLEM_EXAMPLES[status]?.code ?? ""}</code></td></tr>`);
  const [first] = Object.values(answers).filter((answer) => typeof answer.example === "object");
  return `<section id="${id}"><h3><span class="method">${method.toUpperCase()}</span> <code>${escaped(path)}</code></h3><p>${escaped(summary)}.${description ? ` ${escaped(description)}` : ""}${isOpen ? " Needs no token." : ""}</p>
${rows.length === 0 ? "" : `<table><thead><tr><th>parameter</th><th>in</th><th>what it does</th></tr></thead><tbody>${rows.join("")}</tbody></table>`}
${examples.length === 0 ? "" : `<h4>Request</h4>${examples.join("")}`}
<h4>Answers</h4><table><tbody>${results.join("")}${failures.join("")}</tbody></table>${first === undefined ? "" : `<pre>${json(first.example)}</pre>`}</section>`;
}

function json(value: unknown): string {
  return escaped(JSON.stringify(value, null, 2));
}

function escaped(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");
}
