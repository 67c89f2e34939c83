/**
 * What a presented refresh token means, and whether a session still lives. *pure*
 *
 * A session is a family of refresh tokens, one after the other; the newest is current. A token is
 * made from the session, its generation and the deployment's secret, and only hashes are stored.
 *
 *   current presented                           -> rotate: it becomes the previous, another is made
 *   previous presented, the current never used  -> repeat: the answer that was lost, once more
 *   previous presented, the current was used    -> reuse: somebody kept a copy: the family ends
 *   an older one of the family                  -> reuse
 *   anything else                               -> refuse: forged, ended, expired; nobody suffers
 *
 * "Used" means that the current refresh token was presented, or an access token that was issued
 * with it: then the previous hash is forgotten (`isFirstUse`).
 *
 * Invariants
 *  S1 a rotation is idempotent until one of the new tokens is first used    (decideRefresh: repeat)
 *  S2 after that, a token that was replaced ends its family                  (decideRefresh: reuse)
 *  S3 who cannot make a token of the family cannot end the family             (`genuine`: its MAC)
 *  S4 signing out everywhere ends every session begun before           (userGeneration, compared)
 *  S5 a session that a region has no row of is refused, unless the region's copy is older than the
 *     token: then the row may be on its way                                          (judgeSession)
 */
export const ACCESS_TOKEN_MS = 600_000;
export const SESSION_MS = 30 * 86_400_000;
/** The row of an ended session stays so long: longer than any access token of it. */
export const ENDED_MS = 2 * ACCESS_TOKEN_MS;
/** How far the clocks of two regions may differ, and some more. */
export const CLOCKS_MS = 5_000;

export interface RefreshSession {
  /** Counts the tokens of the family; of the current one. */
  readonly generation: number;
  readonly tokenHash: string;
  /** Forgotten at the first use of the current tokens. */
  readonly previousHash?: string | undefined;
  /** The user's generation when the session began. */
  readonly userGeneration: number;
  /** Seconds since 1970. */
  readonly expires: number;
  readonly endedOn?: string | undefined;
}

export interface PresentedToken {
  readonly hash: string;
  /** Its MAC is that of this deployment. */
  readonly genuine: boolean;
}

export type RefreshDecision =
  | { readonly kind: "rotate"; readonly generation: number }
  | { readonly kind: "repeat"; readonly generation: number }
  | { readonly kind: "reuse" }
  | { readonly kind: "refuse"; readonly reason: "unknown" | "expired" | "forged" };

export function decideRefresh(
  session: RefreshSession | undefined,
  userGeneration: number | undefined,
  presented: PresentedToken,
  nowMs: number,
): RefreshDecision {
  if (!presented.genuine) return { kind: "refuse", reason: "forged" };
  if (session === undefined || userGeneration !== session.userGeneration) {
    return { kind: "refuse", reason: "unknown" };
  }
  if (session.endedOn !== undefined || nowMs >= session.expires * 1000) {
    return { kind: "refuse", reason: "expired" };
  }
  if (presented.hash === session.tokenHash) {
    return { kind: "rotate", generation: session.generation + 1 };
  }
  if (presented.hash === session.previousHash) {
    return { kind: "repeat", generation: session.generation };
  }
  return { kind: "reuse" };
}

/** Whether an access token that was issued with this generation is the first sign of its use. */
export const isFirstUse = (
  session: Pick<RefreshSession, "generation" | "previousHash">,
  tokenGeneration: number,
): boolean => session.previousHash !== undefined && tokenGeneration >= session.generation;

/** What a region has read about the session of an access token. */
export interface SessionSighting {
  readonly session: RefreshSession | undefined;
  /** The user's own, if the user's row is here. */
  readonly userGeneration: number | undefined;
  /** The user's generation and the time of issue, as the token says. */
  readonly token: { readonly userGeneration: number; readonly issuedMs: number };
  /** How old the region's copy may be; undefined when it is not known. 0 where the app serves. */
  readonly dataAgeMs: number | undefined;
}

export type SessionJudgement = "live" | "ended" | "not-arrived";

export function judgeSession(seen: SessionSighting, nowMs: number): SessionJudgement {
  const { session, userGeneration = 0, token, dataAgeMs } = seen;
  if (userGeneration > token.userGeneration) return "ended";
  if (session !== undefined) {
    const isOver = session.endedOn !== undefined || nowMs >= session.expires * 1000;
    // The user's row may arrive after that of a session which began with a change of it.
    return isOver || userGeneration > session.userGeneration ? "ended" : "live";
  }
  if (dataAgeMs === 0) return "ended";
  const copyMs = dataAgeMs === undefined ? 0 : nowMs - dataAgeMs - CLOCKS_MS;
  return token.issuedMs >= copyMs ? "not-arrived" : "ended";
}

const TOKEN = /^([\w-]{1,64})\.([1-9]\d{0,8})\.([\w-]{43})$/;

export interface TokenParts {
  readonly sessionId: string;
  readonly generation: number;
  readonly mac: string;
}

export function parseRefreshToken(token: string): TokenParts | undefined {
  const match = TOKEN.exec(token);
  if (match === null) return undefined;
  const [, sessionId = "", generation = "", mac = ""] = match;
  return { sessionId, generation: Number(generation), mac };
}

export const formatRefreshToken = (parts: TokenParts): string =>
  `${parts.sessionId}.${parts.generation}.${parts.mac}`;

/** What the MAC is taken of. */
export const refreshMaterial = (sessionId: string, generation: number): string =>
  `understudy refresh token 1\n${sessionId}\n${generation}`;
