/** What tests with real processes ask of a region over HTTP. *shell* */
import { setTimeout as sleep } from "node:timers/promises";
import { ampleMs } from "./limits.ts";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of any shape
  readonly body: any;
}

export interface Asked {
  readonly method?: string;
  readonly token?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly limitMs?: number;
}

export async function ask(url: string, path: string, asked: Asked = {}): Promise<Answer> {
  const { method = "GET", token, body, headers = {}, limitMs } = asked;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(limitMs ?? ampleMs(15_000)),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson ? JSON.parse(text) : text,
  };
}

const PASSWORD = "a password of these tests";

export async function signUp(url: string, username: string): Promise<string> {
  const body = { username, password: PASSWORD };
  const made = await ask(url, "/identity/sign-up", { method: "POST", body });
  if (made.status !== 201) throw new Error(`sign-up: ${made.status} ${JSON.stringify(made.body)}`);
  return made.body.accessToken as string;
}

/** For an account of `signUp`. */
export async function signIn(url: string, username: string): Promise<string> {
  const body = { username, password: PASSWORD };
  const made = await ask(url, "/identity/sign-in", { method: "POST", body });
  if (made.status !== 200) throw new Error(`sign-in: ${made.status} ${JSON.stringify(made.body)}`);
  return made.body.accessToken as string;
}

export async function submitTicket(url: string, token: string, description: string) {
  return ask(url, "/tickets/api/tickets", { method: "POST", token, body: { description } });
}

/** How many of the tickets a region does not have, read as they are on its own disk. */
export async function missingIn(
  url: string,
  token: string,
  tickets: readonly { readonly id: string; readonly description: string }[],
): Promise<string[]> {
  const missing: string[] = [];
  const left = [...tickets];
  const reader = async (): Promise<void> => {
    for (let ticket = left.pop(); ticket !== undefined; ticket = left.pop()) {
      const found = await ask(url, `/tickets/api/tickets/${ticket.id}`, { token });
      const isThere = found.status === 200 && found.body.description === ticket.description;
      if (!isThere) missing.push(`${ticket.id}: ${found.status}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, reader));
  return missing;
}

/** Waits for a condition; the error names it. */
export async function until(
  what: string,
  holds: () => Promise<boolean> | boolean,
  mostMs = ampleMs(20_000),
): Promise<number> {
  const begun = performance.now();
  let last: unknown;
  while (performance.now() - begun < mostMs) {
    try {
      if (await holds()) return performance.now() - begun;
    } catch (error) {
      last = error;
    }
    await sleep(5);
  }
  const why = last === undefined ? "" : ` (${(last as Error).message})`;
  throw new Error(`within ${mostMs} ms it did not come true that ${what}${why}`);
}
