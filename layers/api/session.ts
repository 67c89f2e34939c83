/** Who sends a request, as the verified access token says. */
import type { Role } from "../identity/roles.ts";

export interface Session {
  readonly userId: string;
  readonly username: string;
  readonly roles: readonly Role[];
  readonly sessionId: string;
}

/**
 * Port: tells whether an access token is good. *port*
 *
 * Answers at once for a token it has seen, so that a request does not pay for a signature twice.
 * A token stays good until it expires (minutes), also after its session has ended.
 */
export interface TokenVerifier {
  verify(token: string): Session | undefined | Promise<Session | undefined>;
}
