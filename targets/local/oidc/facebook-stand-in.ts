/**
 * Something that speaks Facebook's dialect of OAuth 2, for tests and for working offline.
 * *adapter*
 *
 * Strict where Facebook is: a code is good once, for one redirect address and one app secret; the
 * graph wants a proof with the token; errors have Facebook's form. The dialog asks nobody: whoever
 * comes is the person that was set.
 */
import { createHash, createHmac, randomBytes } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";

export interface FacebookPerson {
  readonly id: string;
  readonly name: string;
  readonly email?: string;
}

export interface FacebookStandIn {
  readonly url: string;
  /** Who comes next; undefined: somebody who cancels. */
  person: FacebookPerson | undefined;
  close(): Promise<void>;
}

export interface FacebookStandInOptions {
  readonly appId: string;
  readonly appSecret: string;
  readonly redirectUris: () => readonly string[];
}

interface Grant {
  readonly redirectUri: string;
  readonly challenge: string | null;
  readonly person: FacebookPerson;
}

export async function startFacebookStandIn(
  options: FacebookStandInOptions,
): Promise<FacebookStandIn> {
  const { appId, appSecret, redirectUris } = options;
  const codes = new Map<string, Grant>();
  const tokens = new Map<string, FacebookPerson>();

  const dialog = (query: URLSearchParams, response: ServerResponse): void => {
    const redirectUri = query.get("redirect_uri") ?? "";
    if (query.get("client_id") !== appId || !redirectUris().includes(redirectUri)) {
      fail(response, "OAuthException", 191);
      return;
    }
    const back = new URL(redirectUri);
    if (standIn.person === undefined) {
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("error_reason", "user_denied");
    } else {
      const code = randomBytes(24).toString("base64url");
      const challenge = query.get("code_challenge");
      codes.set(code, { redirectUri, challenge, person: standIn.person });
      back.searchParams.set("code", code);
    }
    back.searchParams.set("state", query.get("state") ?? "");
    response.writeHead(302, { location: `${back.href}#_=_` }).end();
  };

  const exchange = (query: URLSearchParams, response: ServerResponse): void => {
    if (query.get("client_id") !== appId || query.get("client_secret") !== appSecret) {
      fail(response, "OAuthException", 101);
      return;
    }
    if (query.get("grant_type") === "client_credentials") {
      json(response, 200, { access_token: `${appId}|app`, token_type: "bearer" });
      return;
    }
    const code = query.get("code") ?? "";
    const grant = codes.get(code);
    codes.delete(code);
    const verifier = query.get("code_verifier") ?? "";
    const challenge = createHash("sha256").update(verifier).digest("base64url");
    const isGood =
      grant !== undefined &&
      grant.redirectUri === query.get("redirect_uri") &&
      (grant.challenge === null || grant.challenge === challenge);
    if (!isGood) {
      fail(response, "OAuthException", 100);
      return;
    }
    const token = randomBytes(24).toString("base64url");
    tokens.set(token, grant.person);
    json(response, 200, { access_token: token, token_type: "bearer", expires_in: 5_184_000 });
  };

  const me = (query: URLSearchParams, response: ServerResponse): void => {
    const token = query.get("access_token") ?? "";
    const person = tokens.get(token);
    const proof = createHmac("sha256", appSecret).update(token).digest("hex");
    if (person === undefined || query.get("appsecret_proof") !== proof) {
      fail(response, "OAuthException", 190);
      return;
    }
    const fields = (query.get("fields") ?? "id").split(",");
    const shown = Object.entries(person).filter(([name]) => fields.includes(name));
    json(response, 200, Object.fromEntries(shown));
  };

  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://stand-in.example");
    const path = pathname.replace(/^\/v\d+\.\d+/, "");
    if (path === "/dialog/oauth") dialog(searchParams, response);
    else if (path === "/oauth/access_token") exchange(searchParams, response);
    else if (path === "/me") me(searchParams, response);
    else fail(response, "GraphMethodException", 100);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const standIn: FacebookStandIn = {
    url: `http://127.0.0.1:${port}`,
    person: undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return standIn;
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

const fail = (response: ServerResponse, type: string, code: number): void =>
  json(response, 400, { error: { message: "Stand-in", type, code, fbtrace_id: "stand-in" } });
