/**
 * The routes of signing in with another provider. *shell*
 *
 *   GET  /providers                        which there are, and what their settings lack
 *   GET  /federation/{provider}            sends the browser there
 *   GET  /federation/{provider}/callback   where it comes back; goes on to the page it came from
 *   POST /federation/finish                the same for the page /account/callback, which tries
 *                                          again while the app moves to another region
 *   POST /federation/{provider}            adds a provider to the account that is signed in
 */
import { z } from "zod";
import { safeReturnTo } from "../../../identity/return-to.ts";
import { foldUsername } from "../../../identity/same-name.ts";
import type { AppApi } from "../../app-api.ts";
import { crossSiteProblem } from "../../authenticate.ts";
import type { Call } from "../../call.ts";
import { PROBLEMS, type Problem } from "../../problem.ts";
import type { Answer, Reply } from "../../reply.ts";
import { cookieOf } from "../../request-headers.ts";
import { cookie, type IdentityReplies, issuedReply, originOf } from "../replies.ts";
import type { IdentityRoutesOptions } from "../routes.ts";
import { type Beginning, type Federation, STATE_MS } from "./federation.ts";

const providerParams = z.object({ provider: z.string().max(40) });
const returnTo = z.string().max(2048).optional();
/** What a provider may add to the address; anything else is left out. */
const answerQuery = z.object({
  state: z.string().max(4096).default(""),
  code: z.string().max(2048).optional(),
  error: z.string().max(200).optional(),
  iss: z.string().max(500).optional(),
  session_state: z.string().max(500).optional(),
});
const settingShape = z.object({ setting: z.string(), problem: z.string(), fix: z.string() });
const CHECK_MS = 30_000;

export function addFederationRoutes(
  api: AppApi,
  { federation, replies }: IdentityRoutesOptions,
): void {
  addProviders(api, federation);

  api.post("/federation/finish", {
    summary: "Finish signing in with another provider",
    auth: "none",
    identify: "by-body",
    body: answerQuery.extend({ provider: z.string().max(40) }).strict(),
    recallFirst: false,
    replies: { 200: issuedReply },
    handle: async (call) => {
      const refused = crossSiteProblem(call.scope);
      if (refused !== undefined) return refused;
      const { provider, ...answer } = call.body;
      const finished = await finish(federation, call, provider, answer);
      if (finished.kind === "problem") return finished;
      const reply = await replies.issued(call, 200, finished.issued);
      if (reply.kind !== "answer") return reply;
      return { ...reply, body: { ...(reply.body as object), returnTo: finished.returnTo } };
    },
  });

  api.post("/federation/:provider", {
    summary: "Add another way to sign in to the account",
    params: providerParams,
    body: z.strictObject({ returnTo }),
    bodyOptional: true,
    recallFirst: false,
    replies: { 200: { description: "Where to go", schema: z.object({ location: z.string() }) } },
    handle: async (call) => {
      const begun = await federation.begin(call.params.provider, {
        origin: originOf(call),
        returnTo: call.body.returnTo,
        linkTo: foldUsername(call.session.username),
      });
      if (begun.kind === "problem") return begun;
      const body = { location: begun.url.href };
      return { kind: "answer", status: 200, body, cookies: [beginCookie(call, begun)] };
    },
  });

  api.get("/federation/:provider/callback", {
    summary: "Where a provider sends the browser back to",
    auth: "none",
    params: providerParams,
    query: answerQuery,
    replies: { 303: { description: "Goes on" } },
    handle: async (call) => comeBack(call, federation, replies),
  });

  api.get("/federation/:provider", {
    summary: "Sign in with another provider",
    auth: "none",
    params: providerParams,
    query: z.object({ returnTo }),
    replies: { 303: { description: "Goes to the provider" } },
    handle: async (call) => {
      const begun = await federation.begin(call.params.provider, {
        origin: originOf(call),
        returnTo: call.query.returnTo,
      });
      if (begun.kind === "problem") return signInAgain(begun, call.query.returnTo);
      return goTo(begun.url.href, [beginCookie(call, begun)]);
    },
  });
}

function addProviders(api: AppApi, federation: Federation): void {
  let checked: { readonly atMs: number; readonly items: Promise<readonly object[]> } | undefined;
  api.get("/providers", {
    summary: "Providers to sign in with, and what their settings lack",
    auth: "none",
    replies: {
      200: {
        description: "Providers",
        schema: z.object({
          items: z.array(
            z.object({
              id: z.string(),
              title: z.string(),
              protocol: z.string(),
              ready: z.boolean(),
              problems: z.array(settingShape),
            }),
          ),
          redirectUris: z.array(z.string()),
        }),
      },
    },
    handle: async (call) => {
      const now = Number(call.context.now());
      // Checks ask the providers: whoever loads a page must not make this region ask each time.
      if (checked === undefined || now - checked.atMs > CHECK_MS) {
        const items = Promise.all(
          federation.providers.map(async ({ id, title, protocol, check }) => {
            const problems = await check();
            return { id, title, protocol, ready: problems.length === 0, problems };
          }),
        );
        checked = { atMs: now, items };
      }
      const redirectUris = federation.providers.map(
        ({ id }) => `${originOf(call)}/identity/federation/${id}/callback`,
      );
      return { kind: "answer", status: 200, body: { items: await checked.items, redirectUris } };
    },
  });
}

type AnswerQuery = z.output<typeof answerQuery>;

function finish(federation: Federation, call: Call, provider: string, answer: AnswerQuery) {
  const { state, ...rest } = answer;
  const parameters = Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
  const cookies = call.header("cookie");
  return federation.finish(call, { provider, state, parameters }, (name) =>
    cookieOf(cookies, name),
  );
}

async function comeBack(
  call: Call<z.output<typeof providerParams>, AnswerQuery>,
  federation: Federation,
  replies: IdentityReplies,
): Promise<Reply> {
  const { provider } = call.params;
  const finished = await finish(federation, call, provider, call.query);
  if (finished.kind !== "problem") {
    const { issued, returnTo: path } = finished;
    return goTo(path, await replies.cookiesOf(call, issued));
  }
  // Nothing was handed in yet where the app moves: the page carries it to the region that serves.
  if (["fenced", "not-serving", "unavailable", "too-few-in-sync"].includes(finished.code)) {
    const query = new URLSearchParams({ provider });
    for (const [name, value] of Object.entries(call.query)) {
      if (value !== undefined) query.set(name, value);
    }
    return goTo(`/account/callback?${query}`);
  }
  return signInAgain(finished, undefined);
}

function signInAgain({ code }: Problem, path: string | undefined): Reply {
  const query = new URLSearchParams({ problem: code, status: String(PROBLEMS[code].status) });
  if (path !== undefined) query.set("returnTo", safeReturnTo(path));
  return goTo(`/account/sign-in?${query}`);
}

const goTo = (location: string, cookies: readonly string[] = []): Answer => ({
  kind: "answer",
  status: 303,
  headers: { location },
  cookies: [...cookies],
});

const beginCookie = (call: Call, { cookie: { name, value } }: Beginning): string =>
  cookie(call, name, value, "/identity", STATE_MS / 1000);
