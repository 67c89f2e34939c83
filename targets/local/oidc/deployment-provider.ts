/**
 * The local OpenID provider of a deployment: who starts it and who uses it derive its client from
 * the deployment's secret, so that only its address has to be told. *adapter*
 */
import { createHmac } from "node:crypto";
import type { LocalProvider } from "../../../layers/api/index.ts";
import { type RunningProvider, startLocalProvider } from "./local-provider.ts";

/** As settings.ts names it; part of the address that people come back to. */
const PROVIDER = "local";
const CLIENT = "understudy";

const derive = (secretHex: string, purpose: string): string =>
  createHmac("sha256", Buffer.from(secretHex, "hex"))
    .update(`understudy local provider ${purpose}`)
    .digest("base64url");

/** For a region: what `providersOf` needs. */
export const localProviderOf = (secretHex: string, issuer: string): LocalProvider => ({
  issuer,
  clientId: CLIENT,
  clientSecret: derive(secretHex, "client"),
});

export interface DeploymentProviderOptions {
  readonly secretHex: string;
  /** 0: any free one. Accounts do not depend on it. */
  readonly port: number;
  /** Of the front door and the regions; asked anew for each request. */
  readonly origins: () => readonly string[];
}

export function startDeploymentProvider(
  options: DeploymentProviderOptions,
): Promise<RunningProvider> {
  const { secretHex, port, origins } = options;
  return startLocalProvider({
    port,
    clientId: CLIENT,
    clientSecret: derive(secretHex, "client"),
    cookieSecret: derive(secretHex, "cookies"),
    redirectUris: () =>
      origins()
        .flatMap(namesOf)
        .map((origin) => `${origin}/identity/federation/${PROVIDER}/callback`),
  });
}

/** People type localhost where programs say 127.0.0.1. */
function namesOf(url: string): string[] {
  const { origin, hostname, port, protocol } = new URL(url);
  return hostname === "127.0.0.1" ? [origin, `${protocol}//localhost:${port}`] : [origin];
}
