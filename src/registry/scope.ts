/**
 * Token scopes as the distribution token specification writes them: `type:name:action,action`.
 *
 * A name may hold colons (`registry.example.com:5000/app`), so only the first and the last colon separate (Q30).
 */
import type { Scope } from "./request.ts";

/** Most scopes, and longest text, that a challenge may add to a token request: its author is not trusted yet. */
const MAX_ASKED_SCOPES = 16;
const MAX_ASKED_TEXT = 4096;

/** Texts by scopes, since a repository asks for the same ones with every request. */
const formatted = new WeakMap<readonly Scope[], readonly string[]>();

/**
 * Writes scopes for a token request: one text per repository with all of its actions, since GitLab keeps only the last of two for the
 * same one (Q28), and in the order given, since some registries honour only the first (Q27).
 */
export function formatScopes(scopes: readonly Scope[]): readonly string[] {
  const cached = formatted.get(scopes);
  if (cached !== undefined) {
    return cached;
  }
  const actionsOf = new Map<string, Set<string>>();
  for (const { repository, actions } of scopes) {
    actionsOf.set(repository, new Set([...(actionsOf.get(repository) ?? []), ...actions]));
  }
  const texts = [...actionsOf].map(([repository, actions]) => `repository:${repository}:${joinActions(actions)}`);
  formatted.set(scopes, texts);
  return texts;
}

/**
 * Adds to `scopes` what a challenge's `scope` parameter asks for beyond them (Q13, Q30). One parameter may hold several scopes, divided by
 * spaces; what is no scope by the grammar is kept word for word. `scopes` stay first.
 */
export function mergeScopeText(scopes: readonly string[], asked: string | undefined): string[] {
  const merged = [...scopes];
  const texts = (asked ?? "").length > MAX_ASKED_TEXT ? [] : (asked ?? "").split(/\s+/).filter((text) => text !== "");
  for (const text of texts.slice(0, MAX_ASKED_SCOPES)) {
    const scope = parseScope(text);
    const at = merged.findIndex((each) => (scope === undefined ? each === text : parseScope(each)?.resource === scope.resource));
    if (at === -1) {
      merged.push(scope === undefined ? text : `${scope.resource}:${joinActions(new Set(scope.actions))}`);
    } else if (scope !== undefined) {
      const known = parseScope(merged[at] ?? "")?.actions ?? [];
      merged[at] = `${scope.resource}:${joinActions(new Set([...known, ...scope.actions]))}`;
    }
  }
  return merged;
}

/** Returns one key for the same set of scopes, in whatever order they are given. */
export function scopeKey(scopes: readonly string[]): string {
  return scopes.toSorted().join(" ");
}

function parseScope(text: string): { resource: string; actions: string[] } | undefined {
  const last = text.lastIndexOf(":");
  if (last === -1 || text.indexOf(":") === last) {
    return undefined;
  }
  return { resource: text.slice(0, last), actions: text.slice(last + 1).split(",") };
}

/** `pull` before `push`, as registries write it themselves; anything else after them in its own order. */
function joinActions(actions: ReadonlySet<string>): string {
  const usual = ["pull", "push"].filter((action) => actions.has(action));
  const others = [...actions].filter((action) => action !== "pull" && action !== "push" && action !== "");
  return [...usual, ...others].join(",");
}
