/** Puts identity together for one region. *composition* */
import type { KeyValueStore } from "../../key-value/port.ts";
import type { AppApi } from "../app-api.ts";
import type { AppContext } from "../define-app.ts";
import type { TokenVerifier } from "../session.ts";
import { createAccessTokens } from "./access-tokens.ts";
import { createKeyRing } from "./key-ring.ts";
import type { PasswordHasher } from "./password-hasher.ts";
import { createIdentityRoutes } from "./routes.ts";
import { createSealing } from "./sealing.ts";
import { createIdentityService } from "./service.ts";

export interface Identity {
  readonly verifier: TokenVerifier;
  api(context: AppContext): AppApi;
}

export interface IdentityOptions {
  /** The store of the app `identity`. */
  readonly store: KeyValueStore;
  readonly hasher: PasswordHasher;
  /** At least 32 characters, the same in all regions, kept out of the data. */
  readonly deploymentSecret: string;
  readonly operatorToken: string;
  readonly nowMs: () => number;
  /** SHA-256 as base64url. */
  readonly digest: (text: string) => string;
}

export function createIdentity(options: IdentityOptions): Identity {
  const { store, nowMs, operatorToken } = options;
  const sealing = createSealing(options.deploymentSecret);
  const keys = createKeyRing({ store, sealing, nowMs });
  const tokens = createAccessTokens({ keys, store, nowMs });
  const service = createIdentityService({ ...options, keys, tokens, sealing });
  return {
    verifier: tokens,
    api: (context) => createIdentityRoutes(context, { service, keys, operatorToken }),
  };
}
