/**
 * Accounts of the virtual users: a few, signed up through the front door, whose tokens are reused.
 * *shell*
 *
 * Signing in costs the server a password hash on purpose, so many users share few accounts; a token
 * is renewed well before it ends.
 */
import type { Door, Request } from "./doors.ts";

export interface Account {
  token(): string;
  /** Renews the token if it is old; keeps the old one when nobody answers. */
  refresh(): Promise<void>;
}

const AGAIN_MS = 100;
const PATIENCE_MS = 20_000;
const RENEW_AFTER_MS = 300_000;

export async function openAccount(
  door: Door,
  account: { readonly username: string; readonly password: string },
): Promise<Account> {
  let token = await signIn(door, "/identity/sign-up", account);
  let since = performance.now();
  return {
    token: () => token,
    async refresh() {
      if (performance.now() - since < RENEW_AFTER_MS) return;
      token = await signIn(door, "/identity/sign-in", account);
      since = performance.now();
    },
  };
}

async function signIn(door: Door, path: string, body: object): Promise<string> {
  const request: Request = { method: "POST", path, body };
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    const answer = await door.send(request);
    if (!("isCertain" in answer)) {
      const token = answer.body["accessToken"];
      if (answer.status < 300 && typeof token === "string") return token;
      if (answer.status === 409 && path === "/identity/sign-up") {
        return signIn(door, "/identity/sign-in", body);
      }
    }
    if (performance.now() > until) {
      const what = "isCertain" in answer ? answer.code : `${answer.status}`;
      throw new Error(`a virtual user could not sign in through the front door: ${what}`);
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}
