/**
 * Access tokens: short JWTs (EdDSA), valid in every region. *shell*
 *
 *   token --known, its session checked lately--> session               a look-up, no promise
 *         \--known, session changed or due-----> the session's row --> session or refused
 *          \-new: signature, claims -----------> the session's row --> session or refused
 *
 * A token is remembered until it expires and shares one entry with all tokens of its session. The
 * store's change feed marks the entry; the next request reads the row again. A new process has no
 * entries, so it reads the rows: an ended session stays ended.
 *
 * Invariants
 *  K1 only `EdDSA` with a key of the ring is accepted, whatever the token's header says   (verify)
 *  K2 memory is bounded: the oldest of REMEMBERED entries goes first                    (bounded)
 *  K3 a session whose end has reached this region is refused from then on, also after a restart
 *     (the feed marks entries, `read` judges rows; RECHECK_MS bounds a notice that was missed)
 *  K4 the roles are those of the user's row, where it has arrived                           (read)
 *  K5 the first use of an access token is the first use of the refresh token that was issued with
 *     it, where this region may write                                               (noteFirstUse)
 * Not promised: that an end is known before it has arrived here.
 */
import { jwtVerify, SignJWT } from "jose";
import { ROLES, type Role } from "../../identity/roles.ts";
import { foldUsername } from "../../identity/same-name.ts";
import { ACCESS_TOKEN_MS, isFirstUse, judgeSession } from "../../identity/session.ts";
import type { KeyValueStore, ReadInfo } from "../../key-value/port.ts";
import type { TableDefinition } from "../../key-value/table.ts";
import type { Session, TokenVerifier } from "../session.ts";
import type { KeyRing, Signer } from "./key-ring.ts";
import { type StoredSession, sessions, users } from "./tables.ts";

const ISSUER = "understudy";
const TYPE = "at+jwt";
const REMEMBERED = 10_000;
const LONGEST = 4_096;
/** A session is looked up again so long after it was, whatever the change feed said. */
const RECHECK_MS = 60_000;
/** One whose row has not arrived is looked for so often. */
const AWAIT_MS = 1_000;

export interface TokenSubject extends Session {
  /** The user's generation: all tokens of an older one end together. */
  readonly userGeneration: number;
  /** Of the refresh token that is issued with it. */
  readonly generation: number;
}

export interface AccessTokens extends TokenVerifier {
  issue(signer: Signer, subject: TokenSubject, issuedAtMs: number): Promise<string>;
  /** Resolves when what is known of the session's use has been written, or could not be. */
  settled(sessionId: string): Promise<void>;
}

interface Claims extends TokenSubject {
  readonly issuedMs: number;
  readonly expiresMs: number;
}

/** What is known of one session; shared by its tokens. */
interface Entry {
  readonly sessionId: string;
  readonly username: string;
  /** Undefined: ended. */
  session: Session | undefined;
  /** Until then no look at the row is due; 0 when it has changed. */
  freshUntilMs: number;
  /** Grows with every change, so that a read that was overtaken by one does not count. */
  changes: number;
}

interface Verified {
  readonly claims: Claims;
  /** Another one after the first had to go to keep memory bounded. */
  entry: Entry;
}

export interface AccessTokensOptions {
  readonly keys: KeyRing;
  readonly store: KeyValueStore;
  readonly nowMs: () => number;
}

export function createAccessTokens({ keys, store, nowMs }: AccessTokensOptions): AccessTokens {
  const verified = new Map<string, Verified>();
  const entries = createEntries();
  const uses = new Map<string, Promise<void>>();
  store.subscribe(({ table, partition }) => {
    if (table === sessions.name) entries.sessionChanged(partition);
    else if (table === users.name) entries.userChanged(partition);
  });

  const noteFirstUse = (item: StoredSession, version: string): void => {
    if (uses.has(item.sessionId)) return;
    const { previousHash: _, ...used } = item;
    const write = { kind: "put", table: sessions, item: used, ifVersion: version } as const;
    // Where this region may not write, the use stays unknown until one that may sees it.
    const noted = store.transact([write]).then(
      () => undefined,
      () => undefined,
    );
    uses.set(
      item.sessionId,
      noted.finally(() => uses.delete(item.sessionId)),
    );
  };

  /** Looks at the rows of the session. */
  const read = async (claims: Claims, entry: Entry): Promise<Session | undefined> => {
    const { changes } = entry;
    const [row, owner] = await Promise.all([
      getAnyhow(store, sessions, { sessionId: entry.sessionId }),
      getAnyhow(store, users, { username: entry.username }),
    ]);
    // Nothing can be read: what was known stays, and is looked at again with the next request.
    if (row === undefined || owner === undefined) return entry.session;
    const user = owner.value?.item.userId === claims.userId ? owner.value.item : undefined;
    const judgement = judgeSession(
      {
        session: row.value?.item,
        userGeneration: user?.generation,
        token: claims,
        dataAgeMs: row.info.consistency === "stale" ? row.info.dataAgeMs : 0,
      },
      nowMs(),
    );
    const { userId, username, sessionId } = claims;
    const roles = user?.roles ?? claims.roles;
    const session = judgement === "ended" ? undefined : { userId, username, roles, sessionId };
    if (entry.changes === changes) {
      entry.session = session;
      entry.freshUntilMs = nowMs() + (judgement === "live" ? RECHECK_MS : AWAIT_MS);
    }
    if (judgement === "live" && row.value && isFirstUse(row.value.item, claims.generation)) {
      noteFirstUse(row.value.item, row.value.version);
    }
    return session;
  };

  const check = async (token: string): Promise<Session | undefined> => {
    const claims = await verify(keys, token, nowMs());
    if (claims === undefined) return undefined;
    const entry = entries.of(claims);
    const session = await read(claims, entry);
    if (session === undefined) return undefined;
    bounded(verified);
    verified.set(token, { claims, entry });
    return session;
  };

  return {
    issue: (signer, subject, issuedAtMs) => {
      const seconds = Math.floor(issuedAtMs / 1000);
      return new SignJWT({
        sid: subject.sessionId,
        username: subject.username,
        roles: [...subject.roles],
        gen: subject.userGeneration,
        rot: subject.generation,
      })
        .setProtectedHeader({ alg: "EdDSA", typ: TYPE, kid: signer.kid })
        .setIssuer(ISSUER)
        .setSubject(subject.userId)
        .setIssuedAt(seconds)
        .setExpirationTime(seconds + ACCESS_TOKEN_MS / 1000)
        .sign(signer.key);
    },
    verify: (token) => {
      if (token.length > LONGEST) return undefined;
      const known = verified.get(token);
      if (known === undefined) return check(token);
      const now = nowMs();
      const { claims, entry } = known;
      if (now >= claims.expiresMs) {
        verified.delete(token);
        return undefined;
      }
      if (now < entry.freshUntilMs) return entry.session;
      known.entry = entries.of(claims);
      return read(claims, known.entry);
    },
    settled: async (sessionId) => uses.get(sessionId),
  };
}

/** As this region may read; when it has no lease, as it is. Undefined when it cannot at all. */
async function getAnyhow<Table extends TableDefinition>(
  store: KeyValueStore,
  table: Table,
  key: Parameters<typeof store.get<Table>>[1],
) {
  const read = await store.get(table, key);
  const found = read.kind === "ok" ? read : await store.get(table, key, { consistency: "stale" });
  if (found.kind === "failed") return undefined;
  return { value: found.value, info: found.info as ReadInfo };
}

async function verify(keys: KeyRing, token: string, nowMs: number): Promise<Claims | undefined> {
  try {
    const { payload } = await jwtVerify(
      token,
      async ({ kid }) => {
        const key = kid === undefined ? undefined : await keys.verificationKey(kid);
        if (key === undefined) throw new UnknownKey();
        return key;
      },
      {
        algorithms: ["EdDSA"],
        typ: TYPE,
        issuer: ISSUER,
        requiredClaims: ["sub", "sid", "iat", "exp", "username", "roles", "gen", "rot"],
        currentDate: new Date(nowMs),
      },
    );
    const { sub, sid, iat, exp, username, roles, gen, rot } = payload;
    if (typeof sub !== "string" || typeof sid !== "string" || typeof username !== "string") return;
    if (typeof gen !== "number" || typeof rot !== "number" || !isRoles(roles)) return;
    if (iat === undefined || exp === undefined) return;
    return {
      userId: sub,
      username,
      roles,
      sessionId: sid,
      userGeneration: gen,
      generation: rot,
      issuedMs: iat * 1000,
      expiresMs: exp * 1000,
    };
  } catch {
    return undefined;
  }
}

class UnknownKey extends Error {}

const isRoles = (value: unknown): value is Role[] =>
  Array.isArray(value) && value.every((role) => ROLES.includes(role as Role));

interface Entries {
  of(claims: Claims): Entry;
  sessionChanged(sessionId: string): void;
  userChanged(username: string): void;
}

/** The entries by session, and by user. */
function createEntries(): Entries {
  const bySession = new Map<string, Entry>();
  const byUser = new Map<string, Set<Entry>>();
  const changed = (entry: Entry): void => {
    entry.freshUntilMs = 0;
    entry.changes++;
  };
  const drop = (entry: Entry | undefined): void => {
    if (entry === undefined) return;
    const others = byUser.get(entry.username);
    others?.delete(entry);
    if (others?.size === 0) byUser.delete(entry.username);
    // No change reaches it any more: a read that is under way must not count (NaN equals nothing).
    entry.changes = Number.NaN;
    entry.freshUntilMs = 0;
  };
  return {
    of: (claims) => {
      const known = bySession.get(claims.sessionId);
      if (known !== undefined) return known;
      drop(bounded(bySession));
      const { sessionId } = claims;
      const username = foldUsername(claims.username);
      const entry = { sessionId, username, session: undefined, freshUntilMs: 0, changes: 0 };
      bySession.set(sessionId, entry);
      const others = byUser.get(username) ?? new Set();
      byUser.set(username, others.add(entry));
      return entry;
    },
    sessionChanged: (sessionId) => {
      const entry = bySession.get(sessionId);
      if (entry !== undefined) changed(entry);
    },
    userChanged: (username) => {
      for (const entry of byUser.get(username) ?? []) changed(entry);
    },
  };
}

/** Makes room for one more; answers what had to go. */
function bounded<Value>(map: Map<string, Value>): Value | undefined {
  if (map.size < REMEMBERED) return undefined;
  for (const [key, value] of map) {
    map.delete(key);
    return value;
  }
  return undefined;
}
