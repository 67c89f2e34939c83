/**
 * Objects that a person writes by hand: a key that nothing reads is a mistake. *pure*
 *
 * Ignoring it would keep a promise that nobody made: `minInSnyc: 2` would protect nothing. So it is
 * refused, with the known name that is nearest to it.
 */
import { ConfigurationError } from "./errors.ts";

/** One entry per key of the type, so that a key added to the type is a compile error here. */
export type KeysOf<Options> = Readonly<Record<keyof Options, true>>;

/**
 * Throws a ConfigurationError for the first key of `options` that `known` lacks. `where` begins the
 * message, such as `defineApp(notes)`. What is no object is left to the check of its value.
 */
export function refuseUnknownKeys(
  where: string,
  options: unknown,
  known: Readonly<Record<string, true>>,
): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) return;
  const unknown = Object.keys(options).find((key) => !Object.hasOwn(known, key));
  if (unknown === undefined) return;
  const names = Object.keys(known);
  const nearest = nearestName(unknown, names);
  const all = `Known are ${names.join(", ")}.`;
  throw new ConfigurationError({
    what: `${where}: an option has an unknown name`,
    got: unknown,
    fix: nearest === undefined ? all : `Did you mean ${nearest}? ${all}`,
  });
}

/** The name that is so near that the other is probably it, mistyped; undefined where none is. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [nearest, least] = [candidate, distance];
  }
  return nearest;
}

/** Letters to insert, remove or exchange (Levenshtein); two swapped neighbours are two. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const exchanged = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(exchanged, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
