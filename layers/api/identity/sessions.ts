/**
 * Sessions: begun, refreshed, listed, ended. *shell*
 *
 * Every end is a value. Whatever a response needs beside the request is stored with the effect, so
 * that a retry with the same idempotency key gives the very same tokens: a refresh token is made
 * from session and secret, an access token's signature is deterministic.
 *
 * Invariants
 *  I1 nothing is issued before the session it belongs to is committed            (begin, refresh)
 *  I2 no token is stored in clear                                              (tokenHash, Begun)
 *  I3 an ended session keeps its row for longer than its access tokens live, so that a region can
 *     tell it from one that has not arrived                                               (ended)
 */
import { foldUsername } from "../../identity/same-name.ts";
import {
  ACCESS_TOKEN_MS,
  decideRefresh,
  ENDED_MS,
  formatRefreshToken,
  parseRefreshToken,
  refreshMaterial,
  SESSION_MS,
} from "../../identity/session.ts";
import type { Acknowledged, Found, KeyValueStore, Version, Write } from "../../key-value/port.ts";
import type { Call } from "../call.ts";
import { type Problem, problem, problemOfRead, problemOfWrite } from "../problem.ts";
import { type IdentityParts, secondsAfter } from "./parts.ts";
import { type StoredSession, sessions, type User, users } from "./tables.ts";

export interface Issued {
  readonly kind: "issued";
  readonly user: Pick<User, "userId" | "displayName" | "roles" | "email">;
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresInSeconds: number;
  readonly acknowledged: Acknowledged;
  readonly replayed: boolean;
}
export type IssueResult = Promise<Issued | Problem>;
export type Ended = { readonly kind: "done"; readonly acknowledged?: Acknowledged } | Problem;

/** What is kept with an idempotency key: enough to issue the same tokens again. */
interface Begun {
  readonly user: Omit<User, "passwordHash">;
  readonly sessionId: string;
  readonly issuedAtMs: number;
}

export interface Sessions {
  /** Begins a session in the same transaction as `also`. */
  begin(call: Call, user: User, also: readonly Write[], onConflict: Problem): IssueResult;
  /** The tokens that were issued for the call's idempotency key, if it was used. */
  recall(call: Call): Promise<Issued | Problem | undefined>;
  refresh(token: string): IssueResult;
  /** Ends the session, or all of the user's. */
  signOut(sessionId: string, username: string, everywhere: boolean): Promise<Ended>;
  signOutByToken(token: string): Promise<Ended>;
  /** Those of the user that live, the newest first. */
  list(call: Call): ReturnType<KeyValueStore["query"]>;
  /** Ends another session of the caller's. */
  revoke(call: Call, sessionId: string): Promise<Ended>;
}

const ENDED = problem("session-ended", "The session has ended or was never begun.");
const CLIENT_LONGEST = 160;
const LISTED = 100;

export function createSessions(parts: IdentityParts): Sessions {
  const { store, region, keys, tokens, sealing, nowMs, digest } = parts;
  const refreshToken = async (sessionId: string, generation: number): Promise<string> => {
    const mac = await sealing.mac(refreshMaterial(sessionId, generation));
    return formatRefreshToken({ sessionId, generation, mac });
  };
  const findUser = (username: string) => store.get(users, { username: foldUsername(username) });

  const issue = async (
    { user, sessionId, issuedAtMs }: Begun,
    generation: number,
    acknowledged: Acknowledged,
  ): IssueResult => {
    const signer = await keys.signer();
    if (signer.kind !== "ok") return problemOfWrite(signer);
    const { userId, displayName: username, roles, generation: userGeneration } = user;
    const subject = { userId, username, roles, sessionId, userGeneration, generation };
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

  const begin: Sessions["begin"] = async (call, user, also, onConflict) => {
    // Before anything is written: without a key no token can be issued.
    const signer = await keys.signer();
    if (signer.kind !== "ok") return problemOfWrite(signer);
    // With the user, so that two sign-ins that share a key never share a session.
    const sessionId = call.newId(`session ${user.userId}`);
    const now = nowMs();
    const client = clientOf(call.header("user-agent"));
    const session: StoredSession = {
      sessionId,
      userId: user.userId,
      username: user.username,
      generation: 1,
      tokenHash: digest(await refreshToken(sessionId, 1)),
      userGeneration: user.generation,
      createdOn: new Date(now).toISOString(),
      usedOn: new Date(now).toISOString(),
      region,
      usedRegion: region,
      ...(client === "" ? {} : { client }),
      expires: secondsAfter(now, SESSION_MS),
    };
    const { passwordHash: _, ...shown } = user;
    const begun: Begun = { user: shown, sessionId, issuedAtMs: now };
    const outcome = await call.transact(
      [...also, { kind: "put", table: sessions, item: session, ifAbsent: true }],
      begun,
    );
    if (outcome.kind === "failed" && outcome.code === "condition-failed") return onConflict;
    if (outcome.kind !== "ok") return problemOfWrite(outcome);
    return issue((outcome.value.replayed as Begun | undefined) ?? begun, 1, outcome.value);
  };

  const refresh = async (token: string, attempt = 0): IssueResult => {
    const given = parseRefreshToken(token);
    if (given === undefined) return ENDED;
    const { sessionId } = given;
    // A use of the newer tokens that is being written down right now comes first.
    await tokens.settled(sessionId);
    const read = await store.get(sessions, { sessionId });
    if (read.kind === "failed") return problemOfRead(read);
    const session = read.value;
    const owner = session === undefined ? undefined : await findUser(session.item.username);
    if (owner?.kind === "failed") return problemOfRead(owner);
    const user = owner?.value?.item;
    const genuine = (await refreshToken(sessionId, given.generation)) === token;
    const presented = { hash: digest(token), genuine };
    const decision = decideRefresh(session?.item, user?.generation, presented, nowMs());
    if (decision.kind === "refuse" || session === undefined || user === undefined) return ENDED;
    const ifVersion = session.version;
    if (decision.kind === "reuse") {
      const over = await store.transact([ended(session, nowMs())]);
      if (over.kind !== "ok") return again(over, token, attempt);
      return problem("session-ended", "This refresh token was used before: the session ended.");
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
              usedOn: new Date(nowMs()).toISOString(),
              usedRegion: region,
              expires: secondsAfter(nowMs(), SESSION_MS),
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
  ): IssueResult => {
    const raced = outcome.kind === "failed" && outcome.code === "condition-failed";
    return raced && attempt < 3 ? refresh(token, attempt + 1) : problemOfWrite(outcome);
  };

  const signOut = async (
    sessionId: string,
    username: string,
    everywhere: boolean,
    attempt = 0,
  ): Promise<Ended> => {
    const [read, owner] = await Promise.all([
      store.get(sessions, { sessionId }),
      everywhere ? findUser(username) : undefined,
    ]);
    if (read.kind === "failed") return problemOfRead(read);
    if (owner?.kind === "failed") return problemOfRead(owner);
    const writes: Write[] = [];
    if (read.value !== undefined) writes.push(ended(read.value, nowMs()));
    if (owner?.value !== undefined) {
      const { item, version: ifVersion } = owner.value;
      const next = { ...item, generation: item.generation + 1 };
      writes.push({ kind: "put", table: users, item: next, ifVersion });
    }
    if (writes.length === 0) return ENDED;
    const outcome = await store.transact(writes);
    // A refresh or another change came in between: what it made has to end as well.
    if (outcome.kind === "failed" && outcome.code === "condition-failed" && attempt < 3) {
      return signOut(sessionId, username, everywhere, attempt + 1);
    }
    return done(outcome);
  };

  return {
    begin,
    recall: async (call) => {
      const recalled = await call.recall();
      if (recalled === undefined || recalled.kind === "problem") return recalled;
      return issue(recalled.stored as Begun, 1, { ...recalled.ack, replayed: recalled.stored });
    },
    refresh: (token) => refresh(token),
    signOut: (sessionId, username, everywhere) => signOut(sessionId, username, everywhere),
    signOutByToken: async (token) => {
      const given = parseRefreshToken(token);
      const genuine =
        given !== undefined && (await refreshToken(given.sessionId, given.generation)) === token;
      return genuine ? signOut(given.sessionId, "", false) : ENDED;
    },
    list: async (call) => {
      const { userId, username } = call.session;
      const [read, owner] = await Promise.all([
        store.query(
          sessions,
          { index: "by-user", partition: userId, order: "descending", limit: LISTED },
          call.reading,
        ),
        store.get(users, { username: foldUsername(username) }, call.reading),
      ]);
      if (read.kind === "failed" || owner.kind === "failed") return read;
      const least = owner.value?.item.generation ?? 0;
      const isLive = ({ item }: Found<StoredSession>): boolean =>
        item.endedOn === undefined && item.userGeneration >= least && item.expires * 1000 > nowMs();
      return { ...read, value: { items: read.value.items.filter(isLive) } };
    },
    revoke: async (call, sessionId) => {
      const read = await store.get(sessions, { sessionId });
      if (read.kind === "failed") return problemOfRead(read);
      // Somebody else's session is answered like none, so that ids cannot be tried.
      if (read.value?.item.userId !== call.session.userId || read.value.item.endedOn) {
        return problem("not-found", "You have no session with this id.");
      }
      return signOut(sessionId, "", false);
    },
  };
}

/** The row of a session that is over: kept for a while, so that its tokens are known as ended. */
function ended({ item, version }: Found<StoredSession>, nowMs: number): Write {
  const { previousHash: _, ...rest } = item;
  const over = {
    ...rest,
    endedOn: new Date(nowMs).toISOString(),
    expires: secondsAfter(nowMs, ENDED_MS),
  };
  return { kind: "put", table: sessions, item: over, ifVersion: version as Version };
}

const clientOf = (userAgent: string | null): string =>
  (userAgent ?? "")
    .replaceAll(/[^\x20-\x7e]+/g, " ")
    .trim()
    .slice(0, CLIENT_LONGEST);

export const done = (outcome: Awaited<ReturnType<KeyValueStore["transact"]>>): Ended =>
  outcome.kind === "ok" ? { kind: "done", acknowledged: outcome.value } : problemOfWrite(outcome);
