/** How often a page asks again by itself. *pure* */
import { problemOf } from "./problem.ts";

interface Asked {
  readonly state: { readonly error: unknown };
}

/** Asking again does not sign anybody in: after that refusal, a page waits for a sign-in. */
export const mayAskAgain = ({ state: { error } }: Asked): boolean =>
  error === null || problemOf(error).code !== "unauthenticated";

/** A `refetchInterval`. */
export const refreshEvery =
  (ms: number) =>
  (query: Asked): number | false =>
    mayAskAgain(query) ? ms : false;
