/** A path of this deployment to go to; the server checks the same of what it redirects to. */
export function ownPath(given: string | null): string {
  if (given === null || !given.startsWith("/")) return "/";
  try {
    const url = new URL(given, window.location.origin);
    const isOwn = url.origin === window.location.origin && !url.pathname.startsWith("//");
    return isOwn ? url.pathname + url.search + url.hash : "/";
  } catch {
    return "/";
  }
}
