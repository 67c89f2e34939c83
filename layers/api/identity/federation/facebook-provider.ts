/**
 * Facebook's dialect of OAuth 2: dialog, token exchange, `me`. *adapter*
 *
 *   dialog  {dialog}/{version}/dialog/oauth?client_id&redirect_uri&state&scope&code_challenge
 *   token   {graph}/{version}/oauth/access_token?client_id&client_secret&redirect_uri&code
 *   person  {graph}/{version}/me?fields=id,name,email&appsecret_proof
 *
 * There is no id token: who the person is comes over TLS from the graph, asked with the token that
 * was exchanged for the code with this app's secret. Errors are `{error: {type, code}}` with 400.
 * An e-mail address may be missing, and is never looked up.
 */
import { safeParse, z } from "zod";
import type { NotIdentified, Provider, SettingProblem } from "./provider.ts";

export interface FacebookProviderOptions {
  readonly appId: string;
  readonly appSecret: string;
  readonly title?: string;
  readonly version?: string;
  readonly dialogUrl?: string;
  readonly graphUrl?: string;
  readonly fetch?: typeof globalThis.fetch;
}

const VERSION = "v23.0";
const TIMEOUT_MS = 5_000;
const ANSWER_LONGEST = 64 * 1024;
export const FACEBOOK_APP_ID = "UNDERSTUDY_FACEBOOK_APP_ID";
export const FACEBOOK_APP_SECRET = "UNDERSTUDY_FACEBOOK_APP_SECRET";

const tokenShape = z.object({ access_token: z.string().min(1).max(4096) });
const personShape = z.object({
  id: z.string().regex(/^\d{1,40}$/),
  name: z.string().max(300).optional(),
  email: z.string().max(254).optional(),
});
const errorShape = z.object({
  error: z.object({ type: z.string().max(80).optional(), code: z.number().optional() }),
});

export function createFacebookProvider(options: FacebookProviderOptions): Provider {
  const { appId, appSecret, title = "Facebook", version = VERSION } = options;
  const dialogUrl = options.dialogUrl ?? "https://www.facebook.com";
  const graphUrl = options.graphUrl ?? "https://graph.facebook.com";
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);

  const ask = async (path: string, query: Record<string, string>): Promise<Asked> => {
    const url = new URL(`${graphUrl}/${version}/${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    try {
      const response = await send(url, {
        headers: { accept: "application/json" },
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = (await response.text()).slice(0, ANSWER_LONGEST);
      const body: unknown = JSON.parse(text);
      if (response.ok) return { kind: "ok", body };
      const told = safeParse(errorShape, body);
      const { type = "error", code = 0 } = told.success ? told.data.error : {};
      // 190 and 100 are about the code or the token; 101 and 1 about the app itself.
      const isOurs = code === 101 || code === 1 || response.status >= 500;
      return {
        kind: isOurs ? "not-ready" : "refused",
        reason: `${title} answered ${type} ${code}.`,
      };
    } catch {
      return { kind: "not-ready", reason: `${title} does not answer.` };
    }
  };

  const missing = (): SettingProblem[] => {
    const found: SettingProblem[] = [];
    if (!/^\d{5,20}$/.test(appId)) {
      found.push({
        setting: FACEBOOK_APP_ID,
        problem: appId === "" ? "It is not set." : "It is not a number.",
        fix: "Copy the App ID from the app's settings at developers.facebook.com, Basic.",
      });
    }
    if (!/^[\da-f]{32}$/i.test(appSecret)) {
      found.push({
        setting: FACEBOOK_APP_SECRET,
        problem: appSecret === "" ? "It is not set." : "It is not 32 hexadecimal digits.",
        fix: "Copy the App secret from the same page (Show), and keep it out of the repository.",
      });
    }
    return found;
  };

  return {
    id: "facebook",
    title,
    protocol: "facebook",
    check: async () => {
      const found = missing();
      if (found.length > 0) return found;
      const asked = await ask("oauth/access_token", {
        client_id: appId,
        client_secret: appSecret,
        grant_type: "client_credentials",
      });
      if (asked.kind === "ok") return [];
      return [
        {
          setting: `${FACEBOOK_APP_ID}, ${FACEBOOK_APP_SECRET}`,
          problem: asked.reason,
          fix: "Check that both belong to one app, and that this region can reach Facebook.",
        },
      ];
    },
    authorize: async ({ state, codeVerifier, redirectUri }) => {
      const [first] = missing();
      if (first !== undefined) {
        return { kind: "not-ready", reason: `${first.setting}: ${first.problem}` };
      }
      const url = new URL(`${dialogUrl}/${version}/dialog/oauth`);
      const query = {
        client_id: appId,
        redirect_uri: redirectUri,
        state,
        response_type: "code",
        scope: "public_profile,email",
        code_challenge: await challengeOf(codeVerifier),
        code_challenge_method: "S256",
      };
      for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
      return { kind: "ok", url };
    },
    finish: async ({ codeVerifier, redirectUri }, parameters) => {
      const { code } = parameters;
      if (code === undefined || code === "") {
        const denied = parameters["error"] === "access_denied";
        return refused(denied ? "It was cancelled at Facebook." : "Facebook sent no code.");
      }
      const exchanged = await ask("oauth/access_token", {
        client_id: appId,
        client_secret: appSecret,
        redirect_uri: redirectUri,
        code,
        code_verifier: codeVerifier,
      });
      if (exchanged.kind !== "ok") return exchanged;
      const token = safeParse(tokenShape, exchanged.body);
      if (!token.success) return refused("Facebook sent no access token.");
      const { access_token } = token.data;
      const asked = await ask("me", {
        fields: "id,name,email",
        access_token,
        appsecret_proof: await proofOf(appSecret, access_token),
      });
      if (asked.kind !== "ok") return asked;
      const person = safeParse(personShape, asked.body);
      if (!person.success) return refused("Facebook did not say who it is.");
      const { id: subject, name, email } = person.data;
      return { kind: "identified", subject, profile: { name, email } };
    },
  };
}

type Asked = { readonly kind: "ok"; readonly body: unknown } | NotIdentified;

const refused = (reason: string): NotIdentified => ({ kind: "refused", reason });

const encoder = new TextEncoder();

/** RFC 7636, 4.2. */
async function challengeOf(verifier: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", encoder.encode(verifier)));
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Shows that who asks the graph knows the app's secret: HMAC-SHA-256 of the token, in hex. */
async function proofOf(secret: string, token: string): Promise<string> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", encoder.encode(secret), algorithm, false, [
    "sign",
  ]);
  const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", key, encoder.encode(token)));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
