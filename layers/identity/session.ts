/**
 * What a presented refresh token means. *pure*
 *
 * A session is a family of refresh tokens, one after the other; the newest is current. A token is
 * made from the session, its generation and the deployment's secret, and only hashes are stored.
 *
 *   current presented          -> rotate: it becomes the previous one, the next is made
 *   previous presented         -> repeat: the answer that was lost is given again, the same token
 *   an older one of the family -> reuse:  somebody kept a copy: the family ends
 *   anything else              -> refuse: forged, ended or expired; nobody else's session suffers
 *
 * Invariants
 *  S1 a rotation is idempotent until the new token is first used            (decideRefresh: repeat)
 *  S2 a token older than the previous one ends its family                    (decideRefresh: reuse)
 *  S3 who cannot make a token of the family cannot end the family             (`genuine`: its MAC)
 *  S4 signing out everywhere ends every session begun before           (userGeneration, compared)
 * Not promised: that an access token ends with its session; see the token verifier.
 */
export const ACCESS_TOKEN_MS = 600_000;
export const SESSION_MS = 30 * 86_400_000;

export interface RefreshSession {
  /** Counts the tokens of the family; of the current one. */
  readonly generation: number;
  readonly tokenHash: string;
  readonly previousHash: string | undefined;
  /** The user's generation when the session began. */
  readonly userGeneration: number;
  /** Seconds since 1970. */
  readonly expires: number;
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
  if (nowMs >= session.expires * 1000) return { kind: "refuse", reason: "expired" };
  if (presented.hash === session.tokenHash) {
    return { kind: "rotate", generation: session.generation + 1 };
  }
  if (presented.hash === session.previousHash) {
    return { kind: "repeat", generation: session.generation };
  }
  return { kind: "reuse" };
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
