/**
 * Signing in with another provider, begun in one region and finished in any. *shell*
 *
 *   begin   seal {id, provider, where to, browser}  --> state, in the provider's address
 *           a secret for the browser                --> cookie
 *   finish  open the state, compare the browser, ask the provider, find or make the account,
 *           and commit: state used + account + session, in one transaction
 *
 * A state holds all that finishing needs, sealed with the deployment's secret: no region has to
 * have seen the beginning. Verifier and nonce are MACs over state and browser secret, so that they
 * are nowhere but in the browser's and the regions' hands together.
 *
 * Invariants
 *  F1 a state is good once, in one browser, for STATE_MS and one provider            (open, used)
 *  F2 an account is found by provider and subject, never by an e-mail address            (account)
 *  F3 where a person goes afterwards is a path of this deployment               (safeReturnTo)
 *  F4 the code is handed in only where the outcome can be written                    (mayWrite)
 */
import { suggestUsernames } from "../../../identity/federated-name.ts";
import { safeReturnTo } from "../../../identity/return-to.ts";
import { foldUsername } from "../../../identity/same-name.ts";
import type { Write } from "../../../key-value/port.ts";
import type { Call } from "../../call.ts";
import { type Problem, problem, problemOfRead } from "../../problem.ts";
import { refusalOf } from "../../reply.ts";
import { type IdentityParts, secondsAfter } from "../parts.ts";
import type { Issued, Sessions } from "../sessions.ts";
import { type Link, links, type User, usedStates, users } from "../tables.ts";
import type { Identified, Provider, RequestSecrets } from "./provider.ts";

export const STATE_MS = 10 * 60_000;
const STATE_LONGEST = 2_048;
const SEALED_FOR = "federation state";

interface State {
  readonly id: string;
  readonly provider: string;
  readonly returnTo: string;
  readonly redirectUri: string;
  /** Digest of the browser's secret. */
  readonly browser: string;
  readonly expiresMs: number;
  /** Whose account the person is added to, instead of signing in. */
  readonly linkTo?: string;
}

export interface Beginning {
  readonly kind: "begun";
  readonly url: URL;
  readonly cookie: { readonly name: string; readonly value: string };
}

export type Finished =
  | { readonly kind: "finished"; readonly issued: Issued; readonly returnTo: string }
  | Problem;

export interface FinishForm {
  readonly provider: string;
  readonly state: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface Federation {
  readonly providers: readonly Provider[];
  begin(
    provider: string,
    request: { origin: string; returnTo: string | undefined; linkTo?: string },
  ): Promise<Beginning | Problem>;
  /** `secretOf`: the value of a cookie of the browser. */
  finish(
    call: Call,
    form: FinishForm,
    secretOf: (cookie: string) => string | undefined,
  ): Promise<Finished>;
}

const failed = (detail: string): Problem => problem("federation-failed", detail);
const NO_STATE = failed("The answer belongs to no request of this browser, or comes too late.");
const USED = failed("This answer was used before.");

const cookieName = (id: string): string => `understudy_federation_${id}`;

const randomText = (bytes: number): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) =>
    byte.toString(16).padStart(2, "0"),
  ).join("");

export function createFederation(
  parts: IdentityParts,
  sessions: Sessions,
  providers: readonly Provider[],
): Federation {
  const { store, sealing, digest, nowMs } = parts;
  const byId = new Map(providers.map((provider) => [provider.id, provider]));

  const derive = (purpose: string, id: string, secret: string): Promise<string> =>
    sealing.mac(`understudy federation ${purpose} 1\n${id}\n${secret}`);
  const secretsOf = async (
    state: string,
    { id, redirectUri }: State,
    secret: string,
  ): Promise<RequestSecrets> => ({
    state,
    redirectUri,
    nonce: await derive("nonce", id, secret),
    codeVerifier: await derive("verifier", id, secret),
  });

  const open = async (
    { provider, state }: FinishForm,
    secretOf: (cookie: string) => string | undefined,
  ): Promise<{ readonly state: State; readonly secret: string } | undefined> => {
    if (state.length > STATE_LONGEST) return undefined;
    const opened = await sealing.open(state, SEALED_FOR);
    if (opened === undefined) return undefined;
    const told = JSON.parse(opened) as State;
    const secret = secretOf(cookieName(told.id)) ?? "";
    if (told.provider !== provider || nowMs() >= told.expiresMs) return undefined;
    return digest(secret) === told.browser ? { state: told, secret } : undefined;
  };

  const begin: Federation["begin"] = async (name, { origin, returnTo, linkTo }) => {
    const provider = byId.get(name);
    if (provider === undefined) return problem("not-found", `No provider is named ${name}.`);
    const secret = randomText(32);
    const told: State = {
      id: randomText(12),
      provider: name,
      returnTo: safeReturnTo(returnTo),
      redirectUri: `${origin}/identity/federation/${name}/callback`,
      browser: digest(secret),
      expiresMs: nowMs() + STATE_MS,
      ...(linkTo === undefined ? {} : { linkTo }),
    };
    const state = await sealing.seal(JSON.stringify(told), SEALED_FOR);
    const authorized = await provider.authorize(await secretsOf(state, told, secret));
    if (authorized.kind !== "ok") return problem("provider-not-ready", authorized.reason);
    const cookie = { name: cookieName(told.id), value: secret };
    return { kind: "begun", url: authorized.url, cookie };
  };

  const linkOf = (provider: string, subject: string): string =>
    digest(`federated\n${provider}\n${subject}`);

  /** The account's sign-in, with what else has to be written. */
  const account = async (
    call: Call,
    told: State,
    person: Identified,
  ): Promise<Issued | Problem> => {
    const used: Write = {
      kind: "put",
      table: usedStates,
      item: { state: told.id, expires: secondsAfter(nowMs(), 2 * STATE_MS) },
      ifAbsent: true,
    };
    const link = linkOf(told.provider, person.subject);
    const read = await store.get(links, { link });
    if (read.kind === "failed") return problemOfRead(read);
    const owner = read.value?.item.username ?? told.linkTo;
    if (told.linkTo !== undefined && owner !== told.linkTo) {
      return problem("conflict", "This sign-in belongs to another account.");
    }
    const add = (username: string): Write => ({
      kind: "put",
      table: links,
      item: newLink(told.provider, person, link, username, nowMs()),
      ifAbsent: true,
    });
    if (owner !== undefined) {
      const found = await store.get(users, { username: owner });
      if (found.kind === "failed") return problemOfRead(found);
      if (found.value === undefined) return failed("The account does not exist any more.");
      const also = read.value === undefined ? [used, add(owner)] : [used];
      return sessions.begin(call, found.value.item, also, USED);
    }
    return signUp(call, told, person, (user) => [
      used,
      add(user.username),
      { kind: "put", table: users, item: user, ifAbsent: true },
    ]);
  };

  const signUp = async (
    call: Call,
    told: State,
    { profile }: Identified,
    writes: (user: User) => readonly Write[],
  ): Promise<Issued | Problem> => {
    const names = suggestUsernames(profile, told.provider, told.id);
    for (const displayName of names) {
      const username = foldUsername(displayName);
      const taken = await store.get(users, { username });
      if (taken.kind === "failed") return problemOfRead(taken);
      if (taken.value !== undefined) continue;
      // The provider's word on an e-mail address is kept for nothing but messages: none is kept.
      const user: User = {
        username,
        displayName,
        userId: call.newId(`user ${username}`),
        roles: ["user"],
        generation: 1,
        createdOn: new Date(nowMs()).toISOString(),
      };
      const issued = await sessions.begin(call, user, writes(user), USED);
      if (issued !== USED) return issued;
      const state = await store.get(usedStates, { state: told.id });
      if (state.kind === "failed") return problemOfRead(state);
      if (state.value !== undefined) return USED;
    }
    return failed("No free user name was found; begin again.");
  };

  return {
    providers,
    begin,
    finish: async (call, form, secretOf) => {
      const opened = await open(form, secretOf);
      if (opened === undefined) return NO_STATE;
      const { state: told, secret } = opened;
      const { returnTo } = told;
      const recalled = await sessions.recall(call);
      if (recalled?.kind === "problem") return recalled;
      if (recalled !== undefined) return { kind: "finished", issued: recalled, returnTo };
      const elsewhere = refusalOf(call.context.routing, call.context.appId);
      if (elsewhere !== undefined) return elsewhere;
      const used = await store.get(usedStates, { state: told.id });
      if (used.kind === "failed") return problemOfRead(used);
      if (used.value !== undefined) return USED;
      const provider = byId.get(told.provider);
      if (provider === undefined) return problem("not-found", "The provider is not offered.");
      const parameters = { ...form.parameters, state: form.state };
      const person = await provider.finish(await secretsOf(form.state, told, secret), parameters);
      if (person.kind !== "identified") {
        const isOurs = person.kind === "not-ready";
        return isOurs ? problem("provider-not-ready", person.reason) : failed(person.reason);
      }
      const issued = await account(call, told, person);
      return issued.kind === "problem" ? issued : { kind: "finished", issued, returnTo };
    },
  };
}

const newLink = (
  provider: string,
  { subject, profile }: Identified,
  link: string,
  username: string,
  nowMs: number,
): Link => {
  const label = (profile.email ?? profile.name)?.slice(0, 200);
  const createdOn = new Date(nowMs).toISOString();
  return {
    link,
    provider,
    subject,
    username,
    createdOn,
    ...(label === undefined ? {} : { label }),
  };
};
