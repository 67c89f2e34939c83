/** What the parts of the identity service share. *composition* */
import type { KeyValueStore } from "../../key-value/port.ts";
import type { AccessTokens } from "./access-tokens.ts";
import type { Attempts } from "./attempts.ts";
import type { KeyRing } from "./key-ring.ts";
import type { HashingQueue, PasswordHasher } from "./password-hasher.ts";
import type { Sealing } from "./sealing.ts";

export interface IdentityParts {
  readonly store: KeyValueStore;
  readonly region: string;
  readonly hasher: PasswordHasher;
  readonly hashing: HashingQueue;
  readonly keys: KeyRing;
  readonly tokens: AccessTokens;
  readonly sealing: Sealing;
  readonly attempts: Attempts;
  readonly nowMs: () => number;
  /** SHA-256 as base64url. */
  readonly digest: (text: string) => string;
}

/** For `expires`: the second after which a row may be collected. */
export const secondsAfter = (nowMs: number, ms: number): number => Math.ceil((nowMs + ms) / 1000);
