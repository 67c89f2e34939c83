/** Identity as a local region runs it: secrets from the deployment's, argon2, providers. *composition* */
import { createHmac } from "node:crypto";
import {
  type AppContext,
  type AppGuard,
  createIdentity,
  type Deployment,
  type Identity,
  type Message,
  providersOf,
} from "../../../layers/api/index.ts";
import type { KeyValueStore } from "../../../layers/key-value/port.ts";
import { localProviderOf } from "../oidc/deployment-provider.ts";
import { argonPasswordHasher } from "../password-hasher.ts";
import type { ChildConfig } from "../supervisor/messages.ts";
import { createSmtpSender } from "./smtp-sender.ts";

export interface RegionIdentity {
  readonly identity: Identity;
  readonly deploymentSecret: string;
}

/** Sends codes as the deployment says; where it says nothing, operators read them. */
export function deliverMessages(
  { messages }: Deployment,
  identity: Identity,
  context: AppContext,
  guard: AppGuard,
): void {
  if (messages === undefined) return;
  // The function is the deployment's own code: what it throws, or leaves behind, costs a message.
  const sender =
    typeof messages === "function"
      ? { send: (message: Message) => guard.run("identity", async () => messages(message)) }
      : createSmtpSender(messages);
  identity.deliverMessages(sender, context, (delayMs, act) => {
    setTimeout(act, delayMs).unref();
  });
}

export function createRegionIdentity(
  config: ChildConfig,
  store: KeyValueStore,
  digest: (text: string) => string,
): RegionIdentity {
  const { operatorToken, secretHex, issuer } = config;
  const secret = createHmac("sha256", Buffer.from(secretHex, "hex"));
  const deploymentSecret = secret.update("understudy identity").digest("base64url");
  const localProvider = issuer === undefined ? undefined : localProviderOf(secretHex, issuer);
  const identity = createIdentity({
    store,
    hasher: argonPasswordHasher,
    deploymentSecret,
    operatorToken,
    nowMs: () => Date.now(),
    digest,
    providers: providersOf(process.env, localProvider),
  });
  return { identity, deploymentSecret };
}
