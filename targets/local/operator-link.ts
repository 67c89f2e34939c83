/**
 * The link with which the first operator comes to the console, once. *adapter*
 *
 * For `up` in a terminal, and for whoever has the operator token. The account `operator` is made
 * when there is none; the link is good for ten minutes, and its code is behind the #, so that it is
 * in no log.
 */
const TIMEOUT_MS = 5_000;

export interface OperatorLinkOptions {
  /** The front door, or a region that serves identity. */
  readonly url: string;
  readonly operatorToken: string;
  readonly username?: string;
}

/** The whole address; rejects with the reason where none could be made. */
export async function makeOperatorLink(options: OperatorLinkOptions): Promise<string> {
  const { url, operatorToken, username } = options;
  const response = await fetch(new URL("/identity/operator-link", url), {
    method: "POST",
    headers: { authorization: `Bearer ${operatorToken}`, "content-type": "application/json" },
    body: JSON.stringify(username === undefined ? {} : { username }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const body = (await response.json()) as { readonly path?: string; readonly detail?: string };
  if (!response.ok || body.path === undefined) {
    throw new Error(`no operator's link: ${response.status} ${body.detail ?? ""}`.trim());
  }
  return new URL(body.path, url).href;
}
