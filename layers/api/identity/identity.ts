/** Puts identity together for one region. *composition* */
import type { KeyValueStore } from "../../key-value/port.ts";
import type { AppApi } from "../app-api.ts";
import type { AppContext } from "../define-app.ts";
import type { TokenVerifier } from "../session.ts";
import { createAccessTokens } from "./access-tokens.ts";
import { createAccounts } from "./accounts.ts";
import { identityApp } from "./app.ts";
import { createAttempts } from "./attempts.ts";
import { startDelivery } from "./delivery.ts";
import { createDevices } from "./device.ts";
import { createFederation } from "./federation/federation.ts";
import type { Provider } from "./federation/provider.ts";
import { createKeyRing } from "./key-ring.ts";
import { createOutbox, type MessageSender } from "./outbox.ts";
import type { IdentityParts } from "./parts.ts";
import { createHashingQueue, type PasswordHasher } from "./password-hasher.ts";
import { createReplies } from "./replies.ts";
import { createIdentityRoutes } from "./routes.ts";
import { createSealing } from "./sealing.ts";
import { createSessions } from "./sessions.ts";

export interface Identity {
  readonly verifier: TokenVerifier;
  api(context: AppContext): AppApi;
  /** From now on the region sends the messages that wait whenever it serves identity. */
  deliverMessages(
    sender: MessageSender,
    context: AppContext,
    after: (delayMs: number, act: () => void) => void,
  ): void;
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
  /** Others who say who somebody is; see providersOf. */
  readonly providers?: readonly Provider[];
  /** The client's network address; by default what the nearest proxy says. */
  readonly addressOf?: (request: Request) => string | undefined;
}

export function createIdentity(options: IdentityOptions): Identity {
  const { store, hasher, nowMs, digest, operatorToken, providers = [], addressOf } = options;
  const sealing = createSealing(options.deploymentSecret);
  const keys = createKeyRing({ store, sealing, nowMs });
  const tokens = createAccessTokens({ keys, store, nowMs });
  const shared = { store, hasher, hashing: createHashingQueue(), keys, tokens, sealing };
  return {
    verifier: tokens,
    api: (context) => {
      const { region } = context;
      const attempts = createAttempts({ store, region, nowMs, digest });
      const parts: IdentityParts = { ...shared, attempts, region, nowMs, digest };
      const sessions = createSessions(parts);
      return createIdentityRoutes(context, {
        sessions,
        keys,
        operatorToken,
        accounts: createAccounts(parts, sessions),
        federation: createFederation(parts, sessions, providers),
        replies: createReplies({ devices: createDevices(sealing), addressOf }),
      });
    },
    deliverMessages: (sender, { routing, log, closing }, after) =>
      startDelivery({
        outbox: createOutbox({ store, sealing, nowMs }),
        sender,
        serves: () => routing.app(identityApp.id)?.holdsLease === true,
        nowMs,
        after,
        log,
        closing,
      }),
  };
}
