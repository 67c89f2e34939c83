/**
 * Sign-up, sign-in, refresh, sign-out: reads, decides (layers/identity), writes. *shell*
 *
 * Every end is a value. Whatever a response needs beside the request is stored with the effect, so
 * that a retry with the same idempotency key gives the very same tokens: a refresh token is made
 * from session and secret, an access token's signature is deterministic.
 *
 * Invariants
 *  I1 an unknown user costs what a wrong password costs                          (checkPassword)
 *  I2 no password, and no token, is stored or logged in clear
 *  I3 nothing is issued before the session it belongs to is committed            (begin, refresh)
 */
import { must } from "../../../base/assert.ts";
import { ATTEMPTS, type Attempts, afterFailure, mayTry } from "../../identity/attempts.ts";
import { foldUsername } from "../../identity/password-rules.ts";
import type { Role } from "../../identity/roles.ts";
import {
  ACCESS_TOKEN_MS,
  decideRefresh,
  formatRefreshToken,
  parseRefreshToken,
  refreshMaterial,
  SESSION_MS,
} from "../../identity/session.ts";
import type { Acknowledged, Found, KeyValueStore, Write } from "../../key-value/port.ts";
import type { Call } from "../call.ts";
import { type Problem, problem, problemOfRead, problemOfWrite } from "../problem.ts";
import type { AccessTokens } from "./access-tokens.ts";
import type { KeyRing } from "./key-ring.ts";
import { createHashingQueue, type PasswordHasher } from "./password-hasher.ts";
import type { Sealing } from "./sealing.ts";
import { type StoredSession, sessions, type User, users } from "./tables.ts";

export interface IdentityService {
  signUp(call: Call, form: { username: string; password: string; email?: string }): Result;
  signIn(call: Call, form: { username: string; password: string }): Result;
  refresh(token: string): Result;
  /** Ends the session, or all of the user's. */
  signOut(sessionId: string, username: string, everywhere: boolean): Promise<Ended>;
  signOutByToken(token: string): Promise<Ended>;
  changePassword(call: Call, form: { currentPassword: string; newPassword: string }): Result;
  setRoles(username: string, roles: readonly Role[]): Promise<Ended>;
  user(call: Call, username: string): ReturnType<KeyValueStore["get"]>;
}

export interface Issued {
  readonly kind: "issued";
  readonly user: Pick<User, "userId" | "displayName" | "roles" | "email">;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
  readonly acknowledged: Acknowledged;
  readonly replayed: boolean;
}
type Result = Promise<Issued | Problem>;
type Ended = { readonly kind: "done"; readonly acknowledged?: Acknowledged } | Problem;

/** What is kept with an idempotency key: enough to issue the same tokens again. */
interface Begun {
  readonly user: User;
  readonly sessionId: string;
  readonly issuedAtMs: number;
}
type StoredBegun = Omit<Begun, "user"> & { readonly user: Omit<User, "passwordHash"> };

export interface IdentityServiceOptions {
  readonly store: KeyValueStore;
  readonly hasher: PasswordHasher;
  readonly keys: KeyRing;
  readonly tokens: AccessTokens;
  readonly sealing: Sealing;
  readonly nowMs: () => number;
  readonly digest: (text: string) => string;
}

const BUSY = problem("busy", "Too many passwords are being checked at once.");
const WRONG = problem("wrong-credentials", "The user name or the password is wrong.");
const ENDED = problem("session-ended", "The session has ended or was never begun.");

export function createIdentityService(options: IdentityServiceOptions): IdentityService {
  const { store, hasher, keys, tokens, sealing, nowMs, digest } = options;
  const hashing = createHashingQueue();
  const attempts = new Map<string, Attempts>();
  let decoy: Promise<string> | undefined;

  const refreshToken = async (sessionId: string, generation: number): Promise<string> => {
    const mac = await sealing.mac(refreshMaterial(sessionId, generation));
    return formatRefreshToken({ sessionId, generation, mac });
  };
  const expiry = (): number => Math.floor((nowMs() + SESSION_MS) / 1000);

  const issue = async (
    { user, sessionId, issuedAtMs }: StoredBegun,
    generation: number,
    acknowledged: Acknowledged,
  ): Result => {
    const signer = await keys.signer();
    if (signer.kind !== "ok") return problemOfWrite(signer);
    const subject = {
      userId: user.userId,
      username: user.displayName,
      roles: user.roles,
      sessionId,
      userGeneration: user.generation,
    };
    return {
      kind: "issued",
      user,
      accessToken: await tokens.issue(signer.value, subject, issuedAtMs),
      refreshToken: await refreshToken(sessionId, generation),
      expiresInSeconds: ACCESS_TOKEN_MS / 1000,
      acknowledged,
      replayed: acknowledged.replayed !== undefined,
    };
  };

  /** Begins a session in the same transaction as `also`. */
  const begin = async (
    call: Call,
    user: User,
    also: readonly Write[],
    onConflict: Problem,
  ): Result => {
    // Before anything is written: without a key no token can be issued.
    const signer = await keys.signer();
    if (signer.kind !== "ok") return problemOfWrite(signer);
    const sessionId = call.newId("session");
    const session: StoredSession = {
      sessionId,
      userId: user.userId,
      username: user.username,
      generation: 1,
      tokenHash: digest(await refreshToken(sessionId, 1)),
      userGeneration: user.generation,
      createdOn: new Date(nowMs()).toISOString(),
      expires: expiry(),
    };
    const { passwordHash: _, ...shown } = user;
    const begun: StoredBegun = { user: shown, sessionId, issuedAtMs: nowMs() };
    const outcome = await call.transact(
      [...also, { kind: "put", table: sessions, item: session, ifAbsent: true }],
      begun,
    );
    if (outcome.kind === "failed" && outcome.code === "condition-failed") return onConflict;
    if (outcome.kind !== "ok") return problemOfWrite(outcome);
    const first = outcome.value.replayed as StoredBegun | undefined;
    return issue(first ?? begun, 1, outcome.value);
  };

  const findUser = (username: string) => store.get(users, { username: foldUsername(username) });

  const checkPassword = async (
    username: string,
    password: string,
  ): Promise<Found<User> | Problem> => {
    const name = foldUsername(username);
    if (!mayTry(attempts.get(name), nowMs())) {
      return problem("too-many-attempts", "Too many wrong passwords for this name in a minute.");
    }
    const read = await findUser(name);
    if (read.kind === "failed") return problemOfRead(read);
    decoy ??= hasher.hash("a password that nobody has");
    const hash = read.value?.item.passwordHash ?? (await decoy);
    const matches = await hashing.run(() => hasher.verify(hash, password));
    if (matches === undefined) return BUSY;
    if (matches && read.value !== undefined) {
      attempts.delete(name);
      return read.value;
    }
    if (attempts.size >= ATTEMPTS.names)
      attempts.delete(must(attempts.keys().next().value, "full"));
    attempts.set(name, afterFailure(attempts.get(name), nowMs()));
    return WRONG;
  };

  const signUp: IdentityService["signUp"] = async (call, form) => {
    const passwordHash = await hashing.run(() => hasher.hash(form.password));
    if (passwordHash === undefined) return BUSY;
    const user: User = {
      username: foldUsername(form.username),
      displayName: form.username.normalize("NFKC"),
      userId: call.newId("user"),
      passwordHash,
      ...(form.email === undefined ? {} : { email: form.email }),
      roles: ["user"],
      generation: 1,
      createdOn: new Date(nowMs()).toISOString(),
    };
    const taken = problem("name-taken", `The name ${user.displayName} is taken.`);
    return begin(call, user, [{ kind: "put", table: users, item: user, ifAbsent: true }], taken);
  };

  const signIn: IdentityService["signIn"] = async (call, form) => {
    const checked = await checkPassword(form.username, form.password);
    if ("kind" in checked) return checked;
    return begin(call, checked.item, [], problem("conflict", "This session exists already."));
  };

  const refresh = async (token: string, attempt = 0): Result => {
    const parts = parseRefreshToken(token);
    if (parts === undefined) return ENDED;
    const { sessionId } = parts;
    const read = await store.get(sessions, { sessionId });
    if (read.kind === "failed") return problemOfRead(read);
    const session = read.value;
    const owner = session === undefined ? undefined : await findUser(session.item.username);
    if (owner?.kind === "failed") return problemOfRead(owner);
    const user = owner?.value?.item;
    const decision = decideRefresh(
      session && { ...session.item, previousHash: session.item.previousHash },
      user?.generation,
      {
        hash: digest(token),
        genuine: (await refreshToken(sessionId, parts.generation)) === token,
      },
      nowMs(),
    );
    if (decision.kind === "refuse" || session === undefined || user === undefined) return ENDED;
    const ifVersion = session.version;
    if (decision.kind === "reuse") {
      const ended = await store.transact([
        { kind: "delete", table: sessions, key: { sessionId }, ifVersion },
      ]);
      if (ended.kind === "ok") {
        return problem("session-ended", "This refresh token was used before: the session ended.");
      }
      return again(ended, token, attempt);
    }
    const { generation } = decision;
    // A repeat writes nothing, but only a region that may write can know that it is one.
    const write: Write =
      decision.kind === "repeat"
        ? { kind: "check", table: sessions, key: { sessionId }, ifVersion }
        : {
            kind: "put",
            table: sessions,
            item: {
              ...session.item,
              generation,
              tokenHash: digest(await refreshToken(sessionId, generation)),
              previousHash: session.item.tokenHash,
              expires: expiry(),
            },
            ifVersion,
          };
    const outcome = await store.transact([write]);
    if (outcome.kind !== "ok") return again(outcome, token, attempt);
    return issue({ user, sessionId, issuedAtMs: nowMs() }, generation, outcome.value);
  };
  /** Two refreshes at once: the one that lost the race reads what the other made. */
  const again = async (
    outcome: Parameters<typeof problemOfWrite>[0],
    token: string,
    attempt: number,
  ): Result => {
    const raced = outcome.kind === "failed" && outcome.code === "condition-failed";
    return raced && attempt < 3 ? refresh(token, attempt + 1) : problemOfWrite(outcome);
  };

  const signOut: IdentityService["signOut"] = async (sessionId, username, everywhere) => {
    const writes: Write[] = [{ kind: "delete", table: sessions, key: { sessionId } }];
    if (everywhere) {
      const read = await findUser(username);
      if (read.kind === "failed") return problemOfRead(read);
      if (read.value !== undefined) {
        const { item, version } = read.value;
        const ended = { ...item, generation: item.generation + 1 };
        writes.push({ kind: "put", table: users, item: ended, ifVersion: version });
      }
    }
    return done(await store.transact(writes));
  };

  return {
    signUp,
    signIn,
    refresh: (token) => refresh(token),
    signOut,
    signOutByToken: async (token) => {
      const parts = parseRefreshToken(token);
      const genuine =
        parts !== undefined && (await refreshToken(parts.sessionId, parts.generation)) === token;
      return genuine ? signOut(parts.sessionId, "", false) : ENDED;
    },
    changePassword: async (call, form) => {
      const checked = await checkPassword(call.session.username, form.currentPassword);
      if ("kind" in checked) return checked;
      const passwordHash = await hashing.run(() => hasher.hash(form.newPassword));
      if (passwordHash === undefined) return BUSY;
      const { item, version } = checked;
      const changed = { ...item, passwordHash, generation: item.generation + 1 };
      const conflict = problem("conflict", "The user was changed at the same time; try again.");
      return begin(
        call,
        changed,
        [{ kind: "put", table: users, item: changed, ifVersion: version }],
        conflict,
      );
    },
    setRoles: async (username, roles) => {
      const read = await findUser(username);
      if (read.kind === "failed") return problemOfRead(read);
      if (read.value === undefined) return problem("not-found", `No user is named ${username}.`);
      const { item, version } = read.value;
      const changed: User = { ...item, roles: [...new Set<Role>(["user", ...roles])] };
      return done(
        await store.transact([{ kind: "put", table: users, item: changed, ifVersion: version }]),
      );
    },
    user: (call, username) => store.get(users, { username: foldUsername(username) }, call.reading),
  };
}

const done = (outcome: Awaited<ReturnType<KeyValueStore["transact"]>>): Ended =>
  outcome.kind === "ok" ? { kind: "done", acknowledged: outcome.value } : problemOfWrite(outcome);
