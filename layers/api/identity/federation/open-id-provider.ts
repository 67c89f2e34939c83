/**
 * OpenID Connect: discovery, authorization code, PKCE, nonce. *adapter*
 *
 * What openid-client checks and this file relies on: issuer, audience, signature, expiry and nonce
 * of the id token, `iss` of the answer where the provider promises one (RFC 9207), and that the
 * token endpoint got the verifier. Discovery is done once it is needed, and again when it failed.
 */
import * as client from "openid-client";
import type { NotIdentified, Provider, SettingProblem } from "./provider.ts";

export interface OpenIdProviderOptions {
  readonly id: string;
  readonly title: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret?: string;
  /** Names of the settings, for the page that says what is missing. */
  readonly settings: {
    readonly issuer: string;
    readonly clientId: string;
    /** Given where the provider gives every client a secret; absent, one may do without. */
    readonly clientSecret?: string;
  };
  readonly fetch?: typeof globalThis.fetch;
}

const TIMEOUT_SECONDS = 5;
const SCOPE = "openid profile email";

/** Only a provider on this very machine may be asked without TLS. */
const isLoopback = (url: URL): boolean =>
  url.hostname === "localhost" || url.hostname === "[::1]" || url.hostname.startsWith("127.");

export function createOpenIdProvider(options: OpenIdProviderOptions): Provider {
  const { id, title, issuer, clientId, clientSecret, settings } = options;
  let discovered: Promise<client.Configuration> | undefined;

  const missing = (): SettingProblem[] => {
    const found: SettingProblem[] = [];
    if (clientId === "") {
      found.push({
        setting: settings.clientId,
        problem: "It is not set.",
        fix: `Register this deployment at ${title} and set the client id it gives.`,
      });
    }
    if (settings.clientSecret !== undefined && clientSecret === undefined) {
      found.push({
        setting: settings.clientSecret,
        problem: "It is not set.",
        fix: `Set the client secret that ${title} shows beside the client id.`,
      });
    }
    const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
    if (url === undefined || (url.protocol !== "https:" && !isLoopback(url))) {
      found.push({
        setting: settings.issuer,
        problem: `It is no https address: ${issuer === "" ? "empty" : issuer}`,
        fix: "Set the issuer as the provider names it, e.g. https://accounts.example.com.",
      });
    }
    return found;
  };

  const configuration = (): Promise<client.Configuration> => {
    discovered ??= discover().catch((error: unknown) => {
      discovered = undefined;
      throw error;
    });
    return discovered;
  };
  const discover = async (): Promise<client.Configuration> => {
    const url = new URL(issuer);
    const insecure = url.protocol === "http:" && isLoopback(url);
    const found = await client.discovery(
      url,
      clientId,
      clientSecret === undefined ? undefined : { client_secret: clientSecret },
      clientSecret === undefined ? client.None() : client.ClientSecretPost(clientSecret),
      {
        execute: insecure ? [client.allowInsecureRequests] : [],
        timeout: TIMEOUT_SECONDS,
        ...(options.fetch === undefined
          ? {}
          : { [client.customFetch]: options.fetch as client.CustomFetch }),
      },
    );
    return found;
  };

  return {
    id,
    title,
    protocol: "openid-connect",
    check: async () => {
      const found = missing();
      if (found.length > 0) return found;
      try {
        await configuration();
        return [];
      } catch (error) {
        return [
          {
            setting: settings.issuer,
            problem: `${issuer} does not answer as an OpenID provider: ${reasonOf(error)}`,
            fix: "Check the address, and that this region can reach it.",
          },
        ];
      }
    },
    authorize: async ({ state, nonce, codeVerifier, redirectUri }) => {
      const [first] = missing();
      if (first !== undefined) return notReady(`${first.setting}: ${first.problem}`);
      try {
        const url = client.buildAuthorizationUrl(await configuration(), {
          redirect_uri: redirectUri,
          scope: SCOPE,
          state,
          nonce,
          code_challenge: await client.calculatePKCECodeChallenge(codeVerifier),
          code_challenge_method: "S256",
        });
        return { kind: "ok", url };
      } catch (error) {
        return notReady(`${issuer} does not answer: ${reasonOf(error)}`);
      }
    },
    finish: async ({ state, nonce, codeVerifier, redirectUri }, parameters) => {
      const current = new URL(redirectUri);
      for (const [name, value] of Object.entries(parameters)) current.searchParams.set(name, value);
      let config: client.Configuration;
      try {
        config = await configuration();
      } catch (error) {
        return notReady(`${issuer} does not answer: ${reasonOf(error)}`);
      }
      try {
        const tokens = await client.authorizationCodeGrant(config, current, {
          pkceCodeVerifier: codeVerifier,
          expectedState: state,
          expectedNonce: nonce,
          idTokenExpected: true,
        });
        const claims = tokens.claims();
        if (claims === undefined) return refused("The provider sent no id token.");
        const text = (value: unknown) => (typeof value === "string" ? value : undefined);
        return {
          kind: "identified",
          subject: claims.sub,
          profile: {
            name: text(claims["preferred_username"]) ?? text(claims["name"]),
            email: text(claims["email"]),
          },
        };
      } catch (error) {
        // Not even the message of an answer that was not accepted: it is somebody else's text.
        return refused(`The provider's answer was not accepted (${reasonOf(error)}).`);
      }
    },
  };
}

const notReady = (reason: string): NotIdentified => ({ kind: "not-ready", reason });
const refused = (reason: string): NotIdentified => ({ kind: "refused", reason });

/** A code of the library's own, never the text of an answer. */
function reasonOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "code" in error) return String(error.code);
  return error instanceof Error ? error.name : "error";
}
