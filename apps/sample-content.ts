/**
 * Loads the sample content of every app through the public API, as anybody would. *public*
 *
 * It may be repeated: an account that is there is signed in to, and every write carries a key made
 * of what it is, so that a second load finds the answers of the first instead of writing again.
 * A load that was cut off goes on where it ended.
 */
import { type SampleTicket, sampleAccounts, sampleTickets } from "./tickets/sample.ts";

export interface SampleContentOptions {
  /** The front door, or any region. */
  readonly url: string;
  readonly operatorToken: string;
  readonly log: (line: string) => void;
}

export interface SampleCredentials {
  /** What the account is for. */
  readonly role: string;
  readonly username: string;
  readonly password: string;
}

interface Request {
  readonly method: "POST" | "PUT" | "PATCH";
  readonly path: string;
  readonly body: unknown;
  readonly token?: string;
  readonly key?: string;
}

interface Answer {
  readonly status: number;
  readonly location: string;
  readonly body: Readonly<Record<string, unknown>>;
}

type Send = (request: Request) => Promise<Answer>;
type Name = keyof typeof sampleAccounts;

const ATTEMPT_LIMIT_MS = 10_000;
/** A deployment that has just started may still be choosing who serves. */
const PATIENCE_MS = 30_000;
const AGAIN_AFTER_MS = 200;

const ROLE_NAMES: Readonly<Record<Name, string>> = {
  rider: "customer",
  agent: "support agent",
};

export async function loadSampleContent(
  options: SampleContentOptions,
): Promise<SampleCredentials[]> {
  const send = createSend(options.url);
  const tokens: Record<string, string> = {};
  for (const name of Object.keys(sampleAccounts) as Name[]) {
    tokens[name] = await openAccount(name, send, options.operatorToken);
  }
  for (const [index, ticket] of sampleTickets.entries()) {
    await loadTicket(ticket, `sample-ticket-${index + 1}`, tokens, send);
  }
  const accounts = Object.keys(sampleAccounts).length;
  options.log(`Loaded ${sampleTickets.length} sample tickets and ${accounts} accounts.`);
  return (Object.keys(sampleAccounts) as Name[]).map((name) => {
    const { username, password } = sampleAccounts[name];
    return { role: ROLE_NAMES[name], username, password };
  });
}

/** The roles are part of a token, so the sign-in comes after they are given. */
async function openAccount(name: Name, send: Send, operatorToken: string): Promise<string> {
  const { username, password, roles } = sampleAccounts[name];
  const account = { username, password };
  const made = await send({ method: "POST", path: "/identity/sign-up", body: account });
  if (made.status !== 201 && made.status !== 409) throw notTaken(`sign-up of ${username}`, made);
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
}

async function loadTicket(
  { description, priority, comments = [], ...change }: SampleTicket,
  key: string,
  tokens: Readonly<Record<string, string>>,
  send: Send,
): Promise<void> {
  const as = (name: Name): { token: string } => ({ token: tokens[name] ?? "" });
  const path = "/tickets/api/tickets";
  const body = { description, priority };
  const made = await send({ method: "POST", path, body, key, ...as("rider") });
  if (made.status !== 201) throw notTaken(key, made);
  for (const [index, { by, text }] of comments.entries()) {
    const sent = await send({
      method: "POST",
      path: `${made.location}/comments`,
      body: { text },
      key: `${key}-comment-${index + 1}`,
      ...as(by),
    });
    if (sent.status !== 201) throw notTaken(`${key}, comment ${index + 1}`, sent);
  }
  if (Object.keys(change).length === 0) return;
  const changed = await send({
    method: "PATCH",
    path: made.location,
    body: change,
    key: `${key}-change`,
    ...as("agent"),
  });
  if (changed.status >= 300) throw notTaken(`${key}, change`, changed);
}

const notTaken = (what: string, { status, body }: Answer): Error =>
  new Error(`${what} was answered ${status}: ${String(body["detail"] ?? body["title"] ?? "")}`);

/** Repeats what was refused for now or got no answer: keys and the order of calls allow it. */
function createSend(url: string): Send {
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

async function attempt(origin: string, request: Request): Promise<Answer> {
  const { method, path, body, token, key } = request;
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(key === undefined ? {} : { "idempotency-key": key }),
    },
    body: JSON.stringify(body),
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
