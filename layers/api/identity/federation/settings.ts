/**
 * Which providers a deployment offers, from its settings. *public*
 *
 *   UNDERSTUDY_FACEBOOK_APP_ID, UNDERSTUDY_FACEBOOK_APP_SECRET
 *   UNDERSTUDY_GOOGLE_CLIENT_ID, UNDERSTUDY_GOOGLE_CLIENT_SECRET
 *   UNDERSTUDY_OIDC_ISSUER, UNDERSTUDY_OIDC_CLIENT_ID, UNDERSTUDY_OIDC_CLIENT_SECRET,
 *   UNDERSTUDY_OIDC_TITLE                                                  any other issuer
 *
 * Facebook and Google are always listed, so that the settings page can say what they still need.
 */
import {
  createFacebookProvider,
  FACEBOOK_APP_ID,
  FACEBOOK_APP_SECRET,
} from "./facebook-provider.ts";
import { createOpenIdProvider } from "./open-id-provider.ts";
import type { Provider } from "./provider.ts";

export { createFacebookProvider, createOpenIdProvider };

/** The provider that the local target starts by itself. */
export interface LocalProvider {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

export function providersOf(
  environment: Readonly<Record<string, string | undefined>>,
  local?: LocalProvider,
): readonly Provider[] {
  const setting = (name: string): string => (environment[name] ?? "").trim();
  const secret = (name: string) => (setting(name) === "" ? {} : { clientSecret: setting(name) });
  const providers: Provider[] = [];
  if (local !== undefined) {
    const settings = { issuer: "the local provider", clientId: "the local provider" };
    providers.push(
      createOpenIdProvider({ id: "local", title: "Local account", ...local, settings }),
    );
  }
  providers.push(
    createFacebookProvider({
      appId: setting(FACEBOOK_APP_ID),
      appSecret: setting(FACEBOOK_APP_SECRET),
    }),
    createOpenIdProvider({
      id: "google",
      title: "Google",
      issuer: "https://accounts.google.com",
      clientId: setting("UNDERSTUDY_GOOGLE_CLIENT_ID"),
      ...secret("UNDERSTUDY_GOOGLE_CLIENT_SECRET"),
      settings: {
        issuer: "Google's issuer",
        clientId: "UNDERSTUDY_GOOGLE_CLIENT_ID",
        clientSecret: "UNDERSTUDY_GOOGLE_CLIENT_SECRET",
      },
    }),
  );
  if (setting("UNDERSTUDY_OIDC_ISSUER") !== "") {
    providers.push(
      createOpenIdProvider({
        id: "oidc",
        title: setting("UNDERSTUDY_OIDC_TITLE") || "OpenID",
        issuer: setting("UNDERSTUDY_OIDC_ISSUER"),
        clientId: setting("UNDERSTUDY_OIDC_CLIENT_ID"),
        ...secret("UNDERSTUDY_OIDC_CLIENT_SECRET"),
        settings: { issuer: "UNDERSTUDY_OIDC_ISSUER", clientId: "UNDERSTUDY_OIDC_CLIENT_ID" },
      }),
    );
  }
  return providers;
}
