/**
 * The smart client in virtual time, with every call kept in the history. *composition*
 *
 * It is `createClient` as pages use it; fetch, clock, timers and chance are the world's. While a
 * call is awaited the world goes on.
 */
import { type Client, ClientError, createClient, type FetchInit } from "../client/index.ts";
import type { Role } from "../layers/api/index.ts";
import type { SimulatedDeployment } from "../targets/simulated/deployment.ts";
import { OPERATOR_TOKEN } from "../targets/simulated/region-service.ts";
import { type Operation, type OperationLog, typeOfStatus } from "./history.ts";

/** An answer, read to its end. */
export interface Reply<Body = unknown> {
  readonly status: number;
  readonly region: string;
  readonly headers: Headers;
  readonly body: Body;
}

export interface SimulatedClient extends Omit<Client, "fetch"> {
  readonly near: string;
  /** Like the platform's fetch, for a path. */
  fetch(path: string, init?: FetchInit): Promise<Response>;
  /** JSON there and back; `Body` is the caller's word for what comes. */
  // biome-ignore lint/suspicious/noExplicitAny: the caller knows the shape of its own app's answers
  send<Body = any>(method: string, path: string, body?: unknown): Promise<Reply<Body>>;
  /** Signs up, or in where the name is taken; every later call of this client is signed in. */
  signIn(username: string, options?: SignInOptions): Promise<void>;
}

export interface SignInOptions {
  /** Set as an operator would, beside `user`, which everyone has; without it they stay. */
  readonly roles?: readonly Role[];
}

const PASSWORD = "a password of a simulated world";

export function createSimulatedClient(
  simulated: SimulatedDeployment,
  log: OperationLog,
  process: number,
  near: string,
): SimulatedClient {
  const { world, settling, pace } = simulated;
  const rng = simulated.rng.fork();
  const client = createClient({
    regions: () => simulated.regions.map((id) => ({ id, url: simulated.urlOf(id) })),
    near,
    fetch: (url, init) => simulated.fetch(near, url, init),
    now: () => world.now,
    random: () => rng.next(),
    timers: {
      set: (run, delayMs) => {
        const timer = { isCancelled: false };
        world.scheduler.after(delayMs, () => {
          if (timer.isCancelled) return;
          settling.mark();
          run();
        });
        return timer;
      },
      clear: (timer) => {
        (timer as { isCancelled: boolean }).isCancelled = true;
      },
    },
  });
  let token: string | undefined;
  let account: { readonly username: string; readonly password: string } | undefined;

  const call = async (path: string, init: FetchInit): Promise<Response> => {
    const f = (init.method ?? "GET").toLowerCase();
    const invoked = log.add({ type: "invoke", process, f, path, timeMs: world.now });
    const ended = (type: Operation["type"], more: Partial<Operation>): void =>
      void log.add({ type, process, f, path, timeMs: world.now, of: invoked.index, ...more });
    try {
      const response = await client.fetch(path, init);
      ended(typeOfStatus(response.status), factsOf(response));
      return response;
    } catch (error) {
      const isUnknown = !(error instanceof ClientError) || error.code === "outcome-unknown";
      ended(isUnknown && f !== "get" ? "info" : "fail", { error: (error as Error).message });
      throw error;
    }
  };
  const attempt = (path: string, init: FetchInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    const isOwn = token === undefined || headers.has("authorization");
    if (!isOwn) headers.set("authorization", `Bearer ${token}`);
    return pace.follow(call(path, { ...init, headers }));
  };
  const fetch = async (path: string, init: FetchInit = {}): Promise<Response> => {
    const response = await attempt(path, init);
    if (response.status !== 401 || account === undefined) return response;
    // Access tokens are short, and a quarter of an hour passes quickly here.
    const { username } = account;
    account = undefined;
    await signIn(username);
    return attempt(path, init);
  };
  const sendAs = async (
    bearer: string | undefined,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<Reply<never>> => {
    const headers: Record<string, string> = {};
    if (body !== undefined) headers["content-type"] = "application/json";
    if (bearer !== undefined) headers["authorization"] = `Bearer ${bearer}`;
    const sent =
      body === undefined ? { method, headers } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(path, sent);
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") === true;
    return {
      status: response.status,
      region: response.headers.get("understudy-region") ?? "",
      headers: response.headers,
      body: (isJson && text !== "" ? JSON.parse(text) : text) as never,
    };
  };
  const signIn: SimulatedClient["signIn"] = async (username, { roles } = {}) => {
    const form = { username, password: PASSWORD };
    const mustBeDone = (reply: Reply<{ accessToken: string }>): string => {
      const { status, body } = reply;
      if (status < 400) return body.accessToken;
      throw new Error(`signIn(${username}): ${status} ${JSON.stringify(body)}`);
    };
    token = undefined;
    account = undefined;
    let reply = await sendAs(undefined, "POST", "/identity/sign-in", form);
    if (reply.status === 401) reply = await sendAs(undefined, "POST", "/identity/sign-up", form);
    token = mustBeDone(reply);
    if (roles !== undefined) {
      const path = `/identity/users/${encodeURIComponent(username)}/roles`;
      mustBeDone(await sendAs(OPERATOR_TOKEN, "PUT", path, { roles }));
      // The new token holds them, so that they count where the change has not arrived yet.
      token = mustBeDone(await sendAs(undefined, "POST", "/identity/sign-in", form));
    }
    account = form;
  };
  return {
    ...client,
    near,
    fetch,
    send: (method, path, body) => sendAs(undefined, method, path, body),
    signIn,
  };
}

function factsOf({ status, headers }: Response): Partial<Operation> {
  const told = (name: string): string | undefined => headers.get(name) ?? undefined;
  const [region, receipt] = [told("understudy-region"), told("understudy-receipt")];
  const [epoch, location] = [told("understudy-epoch"), told("location")];
  return {
    status,
    ...(region === undefined ? {} : { region }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(epoch === undefined ? {} : { epoch: Number(epoch) }),
    ...(location === undefined ? {} : { location }),
  };
}
