/**
 * Loads sample content through the public API, as anybody would: calls that are repeated until they
 * have an answer, and accounts. *public*
 *
 * An account that is there is signed in to. What the apps write carries keys made of what it is, so
 * that a second load finds the answers of the first instead of writing again.
 */
import type { SampleContentOptions } from "./sample-content.ts";

export interface SampleAccount {
  readonly username: string;
  readonly password: string;
  readonly roles: readonly string[];
}

export interface SampleRequest {
  readonly method: "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly body?: unknown;
  /** Instead of a JSON body. */
  readonly content?: { readonly type: string; readonly bytes: Uint8Array<ArrayBuffer> };
  readonly token?: string;
  readonly key?: string;
}

export interface SampleAnswer {
  readonly status: number;
  readonly location: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface SampleLoader {
  readonly send: (request: SampleRequest) => Promise<SampleAnswer>;
  /** Signs up where there is no such account, and in; answers the access token. */
  openAccount(account: SampleAccount): Promise<string>;
}

const ATTEMPT_LIMIT_MS = 10_000;
/** A deployment that has just started may still be choosing who serves. */
const PATIENCE_MS = 30_000;
const AGAIN_AFTER_MS = 200;

export function createSampleLoader({ url, operatorToken }: SampleContentOptions): SampleLoader {
  const send = createSend(url);
  return {
    send,
    /** The roles are part of a token, so the sign-in comes after they are given. */
    async openAccount({ username, password, roles }) {
      const account = { username, password };
      const made = await send({ method: "POST", path: "/identity/sign-up", body: account });
      if (made.status !== 201 && made.status !== 409)
        throw notTaken(`sign-up of ${username}`, made);
      const granted = await send({
        method: "PUT",
        path: `/identity/users/${username}/roles`,
        body: { roles },
        token: operatorToken,
      });
      if (granted.status >= 300) throw notTaken(`roles of ${username}`, granted);
      const signedIn = await send({ method: "POST", path: "/identity/sign-in", body: account });
      const token = signedIn.body["accessToken"];
      if (typeof token !== "string") throw notTaken(`sign-in of ${username}`, signedIn);
      return token;
    },
  };
}

export const notTaken = (what: string, { status, body }: SampleAnswer): Error =>
  new Error(`${what} was answered ${status}: ${String(body["detail"] ?? body["title"] ?? "")}`);

/** Repeats what was refused for now or got no answer: keys and the order of calls allow it. */
function createSend(url: string): SampleLoader["send"] {
  const origin = url.replace(/\/+$/, "");
  return async (request) => {
    const until = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await attempt(origin, request).catch((error: unknown) => {
        if (performance.now() > until) throw error;
        return undefined;
      });
      const isFinal = answer !== undefined && answer.status < 500;
      if (answer !== undefined && (isFinal || performance.now() > until)) return answer;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_AFTER_MS));
    }
  };
}

async function attempt(origin: string, request: SampleRequest): Promise<SampleAnswer> {
  const { method, path, body, content, token, key } = request;
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: {
      "content-type": content?.type ?? "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    },
    body: content?.bytes ?? JSON.stringify(body),
    signal: AbortSignal.timeout(ATTEMPT_LIMIT_MS),
  });
  const text = await response.text();
  const location = response.headers.get("location") ?? "";
  return { status: response.status, location, body: parsed(text) };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, unknown>;
  } catch {
    return {};
  }
}
