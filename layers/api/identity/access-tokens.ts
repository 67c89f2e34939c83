/**
 * Access tokens: short JWTs (EdDSA), valid in every region. *shell*
 *
 * A token that was verified is remembered until it expires, so that a request costs a look-up.
 *
 * Invariants
 *  K1 only `EdDSA` with a key of the ring is accepted, whatever the token's header says   (verify)
 *  K2 memory is bounded: the oldest of REMEMBERED tokens goes first                     (remember)
 *  K3 a session whose end has reached this region (its row is gone, or its user's generation grew)
 *     is refused from then on                                                  (watchRevocations)
 * Not promised: that an end is known before it has arrived here, or after this process has started
 * anew. The bound for both is the token's life, ten minutes.
 */
import { jwtVerify, SignJWT } from "jose";
import { ROLES, type Role } from "../../identity/roles.ts";
import { ACCESS_TOKEN_MS } from "../../identity/session.ts";
import type { KeyValueStore } from "../../key-value/port.ts";
import type { Session, TokenVerifier } from "../session.ts";
import type { KeyRing, Signer } from "./key-ring.ts";
import { sessions, users } from "./tables.ts";

const ISSUER = "understudy";
const TYPE = "at+jwt";
const REMEMBERED = 10_000;
const LONGEST = 4_096;

export interface TokenSubject extends Session {
  /** The user's generation: all tokens of an older one end together. */
  readonly userGeneration: number;
}

export interface AccessTokens extends TokenVerifier {
  issue(signer: Signer, subject: TokenSubject, issuedAtMs: number): Promise<string>;
}

interface Verified {
  readonly session: Session;
  readonly userGeneration: number;
  readonly expiresMs: number;
}

export interface AccessTokensOptions {
  readonly keys: KeyRing;
  readonly store: KeyValueStore;
  readonly nowMs: () => number;
}

export function createAccessTokens({ keys, store, nowMs }: AccessTokensOptions): AccessTokens {
  const verified = new Map<string, Verified>();
  const revoked = watchRevocations(store, nowMs);
  const check = async (token: string): Promise<Session | undefined> => {
    const fresh = await verify(keys, token, nowMs());
    if (fresh === undefined || revoked.has(fresh)) return undefined;
    if (verified.size >= REMEMBERED) {
      const oldest = verified.keys().next().value;
      if (oldest !== undefined) verified.delete(oldest);
    }
    verified.set(token, fresh);
    return fresh.session;
  };

  return {
    issue: (signer, subject, issuedAtMs) => {
      const seconds = Math.floor(issuedAtMs / 1000);
      return new SignJWT({
        sid: subject.sessionId,
        username: subject.username,
        roles: [...subject.roles],
        gen: subject.userGeneration,
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
      if (nowMs() < known.expiresMs && !revoked.has(known)) return known.session;
      verified.delete(token);
      return undefined;
    },
  };
}

async function verify(keys: KeyRing, token: string, nowMs: number): Promise<Verified | undefined> {
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
        requiredClaims: ["sub", "sid", "exp", "username", "roles", "gen"],
        currentDate: new Date(nowMs),
      },
    );
    const { sub, sid, exp, username, roles, gen } = payload;
    if (typeof sub !== "string" || typeof sid !== "string" || typeof exp !== "number") return;
    if (typeof username !== "string" || typeof gen !== "number" || !isRoles(roles)) return;
    return {
      session: { userId: sub, username, roles, sessionId: sid },
      userGeneration: gen,
      expiresMs: exp * 1000,
    };
  } catch {
    return undefined;
  }
}

class UnknownKey extends Error {}

const isRoles = (value: unknown): value is Role[] =>
  Array.isArray(value) && value.every((role) => ROLES.includes(role as Role));

interface Revocations {
  has(token: Verified): boolean;
}

/** What the change feed says of ended sessions, kept as long as a token of theirs may live. */
function watchRevocations(store: KeyValueStore, nowMs: () => number): Revocations {
  const ended = new Map<string, number>();
  const generations = new Map<string, { readonly least: number; readonly atMs: number }>();
  const forget = (): void => {
    const before = nowMs() - ACCESS_TOKEN_MS;
    for (const [sessionId, atMs] of ended) {
      if (atMs > before) break;
      ended.delete(sessionId);
    }
    for (const [userId, { atMs }] of generations) {
      if (atMs > before) break;
      generations.delete(userId);
    }
  };
  const sessionChanged = async (sessionId: string): Promise<void> => {
    const read = await store.get(sessions, { sessionId }, { consistency: "stale" });
    if (read.kind === "ok" && read.value === undefined) ended.set(sessionId, nowMs());
  };
  const userChanged = async (username: string): Promise<void> => {
    const read = await store.get(users, { username }, { consistency: "stale" });
    const user = read.kind === "ok" ? read.value?.item : undefined;
    if (user === undefined || user.generation === 1) return;
    generations.delete(user.userId);
    generations.set(user.userId, { least: user.generation, atMs: nowMs() });
  };
  store.subscribe((change) => {
    forget();
    // A read that fails here leaves the token to its expiry, which is the bound that is promised.
    if (change.table === sessions.name) sessionChanged(change.partition).catch(() => undefined);
    else if (change.table === users.name) userChanged(change.partition).catch(() => undefined);
  });
  return {
    has: ({ session, userGeneration }) => {
      if (ended.size > 0 && ended.has(session.sessionId)) return true;
      const generation = generations.get(session.userId);
      return generation !== undefined && userGeneration < generation.least;
    },
  };
}
