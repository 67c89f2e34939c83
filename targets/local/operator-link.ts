/**
 * The link with which the first operator comes to the console, once. *adapter*
 *
 * `up` prints one with each start; the command `operator-link` prints others. The account
 * `operator` is made when there is none. The code is behind the #, so that no access log has it.
 */
const TIMEOUT_MS = 15_000;

export interface OperatorLinkOptions {
  /** The front door, or a region that serves identity. */
  readonly url: string;
  readonly operatorToken: string;
  readonly username?: string;
  /** How long it is good; ten minutes by default. */
  readonly minutes?: number;
}

/** The whole address; rejects with the reason where none could be made. */
export async function makeOperatorLink(options: OperatorLinkOptions): Promise<string> {
  const { url, operatorToken, username, minutes } = options;
  const response = await fetch(new URL("/identity/operator-link", url), {
    method: "POST",
    headers: { authorization: `Bearer ${operatorToken}`, "content-type": "application/json" },
    body: JSON.stringify({ username, minutes }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const body = (await response.json()) as { readonly path?: string; readonly detail?: string };
  if (!response.ok || body.path === undefined) {
    throw new Error(`no operator's link: ${response.status} ${body.detail ?? ""}`.trim());
  }
  return new URL(body.path, url).href;
}
