/**
 * The operator whose page a request comes from, by name. *adapter*
 *
 * The regions know that, so the cookie is shown to all of them at once and the first good answer
 * counts: this must work while a region is dead or frozen. While none of them answers, a session
 * that they vouched for within KEPT_MS still counts, so that the console can restart them.
 * A cookie counts only for requests that the browser says a page of the same origin has made.
 *
 * Invariants
 *  1 a region that answers has the last word                                    (operatorOf)
 *  2 cookies are kept as digests, MOST_KEPT of them                             (#keep)
 */
import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

const ASK_LIMIT_MS = 2_000;
/** As long as an access token is good: what a region would still take without asking. */
const KEPT_MS = 10 * 60_000;
const MOST_KEPT = 100;

interface Word {
  readonly kind: "operator" | "other" | "silent";
  readonly name?: string;
}

interface Kept {
  readonly name: string;
  readonly untilMs: number;
}

export class OperatorSessions {
  readonly #kept = new Map<string, Kept>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  async operatorOf(
    headers: IncomingHttpHeaders,
    regionUrls: readonly string[],
  ): Promise<string | undefined> {
    const { cookie } = headers;
    if (cookie === undefined || headers["sec-fetch-site"] !== "same-origin") return undefined;
    const digest = createHash("sha256").update(cookie).digest("base64");
    const words = regionUrls.map((url) => wordOf(url, cookie));
    const name = await Promise.any(
      words.map(async (word) => (await word).name ?? Promise.reject(new Error("no operator"))),
    ).catch(() => undefined);
    if (name !== undefined) {
      this.#keep(digest, name);
      return name;
    }
    const said = await Promise.all(words);
    if (said.some(({ kind }) => kind === "other")) this.#kept.delete(digest);
    const kept = this.#kept.get(digest);
    return kept !== undefined && kept.untilMs > this.#nowMs() ? kept.name : undefined;
  }

  #keep(digest: string, name: string): void {
    this.#kept.delete(digest);
    this.#kept.set(digest, { name, untilMs: this.#nowMs() + KEPT_MS });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT && oldest !== undefined) this.#kept.delete(oldest);
  }
}

async function wordOf(url: string, cookie: string): Promise<Word> {
  try {
    const response = await fetch(new URL("/identity/me", url), {
      // An operator is needed most while no region can prove that it is current.
      headers: { cookie, "understudy-consistency": "stale" },
      signal: AbortSignal.timeout(ASK_LIMIT_MS),
    });
    const me = (await response.json()) as { readonly roles?: unknown; readonly username?: unknown };
    // A region that cannot read at the moment has not said no.
    if (response.status >= 500) return { kind: "silent" };
    const { roles, username } = me;
    const isOperator = response.ok && Array.isArray(roles) && roles.includes("operator");
    return isOperator ? { kind: "operator", name: String(username) } : { kind: "other" };
  } catch {
    return { kind: "silent" };
  }
}
