/**
 * The access token of this page, in memory only. *shell*
 *
 * A page needs it for regions that do not get its cookies, because they have another host. It is
 * what the last answer of signing in or renewing said; a reload forgets it.
 */
export interface Bearer {
  token(): string | undefined;
  /** Takes the token out of an answer, or forgets it with a sign-out. */
  note(path: string, isOk: boolean, body: unknown): void;
}

const ISSUES = /^\/identity\/(?:sign-in|sign-up|refresh|link|password|federation\/finish)/;
const ENDS = /^\/identity\/sign-out/;

export function createBearer(): Bearer {
  let token: string | undefined;
  return {
    token: () => token,
    note: (path, isOk, body) => {
      if (ENDS.test(path)) token = undefined;
      if (!isOk || !ISSUES.test(path) || typeof body !== "object" || body === null) return;
      const given = (body as Record<string, unknown>)["accessToken"];
      if (typeof given === "string") token = given;
    },
  };
}
