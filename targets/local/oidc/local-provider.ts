/**
 * A real OpenID provider on this machine, so that "Continue with ..." works without a network.
 * *adapter*
 *
 * oidc-provider does the protocol (discovery, codes, PKCE, id tokens); this file does what a
 * provider has to bring: one client, keys, and the page where somebody says who they are. There are
 * no passwords: whoever reaches it on the loopback may be anybody, which is what it is for. It must
 * not be reachable from elsewhere, and listens on the loopback only. Its address is known at once;
 * the package is loaded and the keys are made at the first request, so that a start pays nothing.
 *
 * Invariants
 *  1 codes go to the addresses that `redirectUris` lists and to no other           (oidc-provider)
 *  2 a subject is made from the name, so that one name is one person after a restart  (subjectOf)
 */
import { createHash, generateKeyPair, type KeyObject } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { promisify } from "node:util";
import type { Provider } from "oidc-provider";
import { createProviderStorage } from "./provider-storage.ts";

export interface LocalProviderOptions {
  readonly host?: string;
  /** 0: any free one. */
  readonly port: number;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Random, at least 32 characters: signs the provider's own cookies. */
  readonly cookieSecret: string;
  /** Where regions and the front door are; asked anew for each request. */
  readonly redirectUris: () => readonly string[];
  readonly nowMs?: () => number;
}

export interface RunningProvider {
  readonly issuer: string;
  close(): Promise<void>;
}

const FORM_BYTES = 4_096;
const NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{1,39}$/u;
const MODULUS_BITS = 2_048;

export async function startLocalProvider(options: LocalProviderOptions): Promise<RunningProvider> {
  const { host = "127.0.0.1", port } = options;
  let handling: Promise<Handle> | undefined;
  const server = createServer((request, response) => {
    handling ??= createProvider(issuer, options).then(handleOf);
    handling
      .then((handle) => handle(request, response))
      .catch((error: Error) => {
        // The next request tries again.
        handling = undefined;
        if (!response.headersSent) response.writeHead(503, { "content-type": "text/plain" });
        response.end(`The local provider could not be started: ${error.message}`);
      });
  });
  await listen(server, host, port);
  const address = server.address();
  const chosen = typeof address === "object" && address !== null ? address.port : port;
  const issuer = `http://${host}:${chosen}`;
  return {
    issuer,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Handle = (request: IncomingMessage, response: ServerResponse) => void;

function handleOf(provider: Provider): Handle {
  const protocol = provider.callback();
  return (request, response) => {
    const interaction = /^\/interaction\/[\w-]+$/.test(request.url ?? "");
    if (!interaction) {
      protocol(request, response);
      return;
    }
    interact(provider, request, response).catch(() => {
      if (!response.headersSent) response.writeHead(400, { "content-type": "text/plain" });
      response.end("This sign-in has expired. Go back and begin again.");
    });
  };
}

/** The package, without what it says of Node 20: that works, and is tested here. */
async function loadProvider(): Promise<typeof Provider> {
  const { warn } = console;
  console.warn = (line: unknown, ...more: unknown[]) => {
    if (!String(line).includes("Unsupported runtime")) warn.call(console, line, ...more);
  };
  try {
    return (await import("oidc-provider")).Provider;
  } finally {
    console.warn = warn;
  }
}

/** Two providers on one host share its cookies, whatever their ports. */
function cookieNamesOf(cookieSecret: string) {
  const mark = createHash("sha256").update(cookieSecret).digest("hex").slice(0, 12);
  return {
    session: `_session_${mark}`,
    interaction: `_interaction_${mark}`,
    resume: `_interaction_resume_${mark}`,
  };
}

async function createProvider(issuer: string, options: LocalProviderOptions): Promise<Provider> {
  const { clientId, clientSecret, cookieSecret, redirectUris } = options;
  const [{ privateKey }, Loaded] = await Promise.all([
    promisify(generateKeyPair)("rsa", { modulusLength: MODULUS_BITS }),
    loadProvider(),
  ]);
  // The addresses of regions are known only after they have started, and may change.
  const client = (id: string) =>
    id === clientId
      ? {
          client_id: clientId,
          client_secret: clientSecret,
          redirect_uris: [...redirectUris()],
          token_endpoint_auth_method: "client_secret_post",
          response_types: ["code"],
          grant_types: ["authorization_code"],
        }
      : undefined;
  const provider = new Loaded(issuer, {
    adapter: createProviderStorage(client, options.nowMs ?? Date.now),
    cookies: { keys: [cookieSecret], names: cookieNamesOf(cookieSecret) },
    jwks: { keys: [jwkOf(privateKey)] },
    pkce: { required: () => true },
    claims: { openid: ["sub"], profile: ["name", "preferred_username"], email: ["email"] },
    // What the id token says, so that nobody has to ask a second time.
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: {
      url: (_: unknown, { uid }: { readonly uid: string }) => `/interaction/${uid}`,
    },
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 86_400,
      IdToken: 600,
      Interaction: 600,
      Session: 86_400,
    },
    findAccount: (_: unknown, subject: string) => ({
      accountId: subject,
      claims: () => claimsOf(subject),
    }),
  });
  return provider;
}

function jwkOf(key: KeyObject): Record<string, unknown> {
  const jwk = key.export({ format: "jwk" });
  return { ...jwk, use: "sig", alg: "RS256" };
}

/** Shows a form, or takes its answer. */
async function interact(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const details = await provider.interactionDetails(request, response);
  const { prompt, params, session } = details;
  if (prompt.name === "consent" && session !== undefined) {
    const clientId = String(params["client_id"]);
    const grant = new provider.Grant({ accountId: session.accountId, clientId });
    grant.addOIDCScope("openid profile email");
    await provider.interactionFinished(request, response, {
      consent: { grantId: await grant.save() },
    });
    return;
  }
  if (request.method !== "POST") {
    page(response, details.uid);
    return;
  }
  const form = new URLSearchParams(await bodyOf(request));
  if (form.get("cancel") !== null) {
    await provider.interactionFinished(request, response, { error: "access_denied" });
    return;
  }
  const name = (form.get("name") ?? "").trim();
  if (!NAME.test(name)) {
    page(response, details.uid, "A name has 2 to 40 letters, digits, spaces and . _ -");
    return;
  }
  const login = { accountId: subjectOf(name), remember: false };
  await provider.interactionFinished(request, response, { login });
}

/** The name itself is in it, because the provider keeps no accounts to look it up in. */
const subjectOf = (name: string): string => {
  const folded = name.normalize("NFKC").toLowerCase();
  const check = createHash("sha256").update(folded).digest("hex").slice(0, 8);
  return `${check}.${Buffer.from(name.normalize("NFKC")).toString("base64url")}`;
};

function claimsOf(subject: string): Record<string, string> {
  const name = Buffer.from(subject.slice(subject.indexOf(".") + 1), "base64url").toString();
  const username = name.toLowerCase().replaceAll(/[^\p{L}\p{N}._-]+/gu, "-");
  const email = `${username.replaceAll(/[^\w.-]/g, "-")}@local.example`;
  return { sub: subject, name, preferred_username: username, email };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) {
    text += String(chunk);
    if (text.length > FORM_BYTES) throw new RangeError("the form is too long");
  }
  return text;
}

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "referrer-policy": "no-referrer",
  "x-frame-options": "DENY",
} as const;

function page(response: ServerResponse, uid: string, problem?: string): void {
  const body = `<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>Local OpenID provider</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:15vh auto;padding:0 1rem}
input{font:inherit;width:100%;padding:.6rem;box-sizing:border-box;margin:.3rem 0 1rem}
button{font:inherit;padding:.6rem 1rem;margin-right:.5rem}[role=alert]{color:#c92a2a}</style>
<h1>Local OpenID provider</h1>
<p>This stands in for a provider such as Google on this machine. Say who you are: any name will
do, and the same name is the same person next time.</p>
${problem === undefined ? "" : `<p role="alert">${problem}</p>`}
<form method="post" action="/interaction/${uid}"><label>Name
<input name="name" autocomplete="off" autofocus minlength="2" maxlength="40" value="Sample person">
</label><button>Continue</button><button name="cancel" value="1" formnovalidate>Cancel</button>
</form></html>`;
  response.writeHead(problem === undefined ? 200 : 400, HEADERS).end(body);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, () => {
      server.removeListener("error", reject);
      resolve();
    });
  });
}
