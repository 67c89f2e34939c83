/**
 * Where a person goes after signing in: a path of this deployment and nothing else. *pure*
 *
 * Whatever a browser might read as another host (`//host`, `/\host`, a scheme, control characters
 * that it drops) gives the fallback; so does what is too long for a state.
 */
export const RETURN_TO_LONGEST = 512;
export const HOME = "/";

const PATH = /^\/(?![/\\])[\w\-.~!$&'()*+,;=:@%/?]*(?:#[\w\-.~!$&'()*+,;=:@%/?]*)?$/;

export function safeReturnTo(given: string | null | undefined, fallback = HOME): string {
  if (given === null || given === undefined) return fallback;
  if (given.length > RETURN_TO_LONGEST || !PATH.test(given)) return fallback;
  // A dot segment could climb to a second slash: /..//host.
  return /\/\/|\/\.{1,2}(?:\/|$)|\/(?:%2e){1,2}(?:\/|$)/i.test(given.split(/[?#]/)[0] ?? "")
    ? fallback
    : given;
}
