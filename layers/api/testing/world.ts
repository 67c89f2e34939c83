/** One region's whole HTTP interface on scripted stores, for tests. *composition* *public* */
import { monotonicMs, wallMs } from "../../../base/clock.ts";
import { createIds } from "../../../base/ids.ts";
import { createRng } from "../../../base/rng.ts";
import type { KeyValueStore } from "../../key-value/port.ts";
import type { AppDefinition } from "../define-app.ts";
import { defineDeployment } from "../define-deployment.ts";
import { createIdentity, type IdentityOptions } from "../identity/identity.ts";
import type { PasswordHasher } from "../identity/password-hasher.ts";
import type { Log, LogFields } from "../log.ts";
import { createRegionApi, type RegionApi, type RegionApiOptions } from "../region-api.ts";
import type { TokenVerifier } from "../session.ts";
import { createScriptedRouting, type ScriptedRouting } from "./scripted-routing.ts";
import { createScriptedStore, type ScriptedStore } from "./scripted-store.ts";

export const OPERATOR_TOKEN = "operator-token-of-this-test-deployment";
const DEPLOYMENT_SECRET = "deployment-secret-of-this-test-deployment";

export interface World {
  readonly api: RegionApi;
  readonly verifier: TokenVerifier;
  readonly routing: ScriptedRouting;
  readonly logged: { readonly level: string; readonly fields: LogFields }[];
  store(app: string): ScriptedStore;
  advance(ms: number): void;
  /** A second region on the same data, as after perfect replication. */
  otherRegion(region: string): World;
  send(method: string, path: string, options?: SendOptions): Promise<Sent>;
  signUp(username: string): Promise<{ accessToken: string; refreshToken: string; id: string }>;
}

export interface SendOptions {
  readonly token?: string | undefined;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Sent {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of any shape
  readonly body: any;
}

export const PASSWORD = "correct horse battery";

export interface WorldOptions {
  readonly apps: readonly AppDefinition[];
  readonly digest: (text: string) => string;
  readonly region?: string;
  /** Other stores than the scripted ones. */
  readonly storeFor?: (app: AppDefinition) => KeyValueStore;
  readonly more?: Partial<RegionApiOptions>;
  readonly identity?: Partial<IdentityOptions>;
}

const REGIONS = ["eu-west-1", "ap-southeast-1"] as const;

/** Cheap on purpose; the real one has a test of its own. */
const plainHasher: PasswordHasher & { checks: number } = {
  checks: 0,
  hash: async (password) => `hash of ${[...password].reverse().join("")}`,
  verify: async (hash, password) => {
    plainHasher.checks++;
    return hash === `hash of ${[...password].reverse().join("")}`;
  },
};

export const passwordChecks = (): number => plainHasher.checks;

export function createWorld(
  options: WorldOptions,
  stores = new Map<string, ScriptedStore>(),
  clock = { nowMs: Date.parse("2026-03-01T00:00:00Z") },
): World {
  const region = options.region ?? REGIONS[0];
  const deployment = defineDeployment({ regions: REGIONS, apps: options.apps });
  const appIds = deployment.apps.map((app) => app.id);
  const routing = createScriptedRouting(region, REGIONS, appIds);
  const rng = createRng(7);
  const logged: World["logged"] = [];
  const write = (level: string) => (fields: LogFields) => {
    logged.push({ level, fields });
  };
  const log: Log = {
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  const store = (app: string): ScriptedStore => {
    const made = stores.get(app) ?? createScriptedStore(region, () => routing.app(app)?.epoch ?? 0);
    stores.set(app, made);
    return made;
  };
  const made = new Map(
    deployment.apps.map((app) => [app.id, options.storeFor?.(app) ?? store(app.id)]),
  );
  const storeOf = (app: string): KeyValueStore => made.get(app) ?? store(app);
  const identity = createIdentity({
    store: storeOf("identity"),
    hasher: plainHasher,
    deploymentSecret: DEPLOYMENT_SECRET,
    operatorToken: OPERATOR_TOKEN,
    nowMs: () => clock.nowMs,
    digest: options.digest,
    ...options.identity,
  });
  const api = createRegionApi({
    deployment,
    region,
    routing,
    identity,
    log,
    rng,
    storeOf,
    now: () => ({ mono: monotonicMs(clock.nowMs), wall: wallMs(clock.nowMs) }),
    ids: createIds({ region, rng: rng.fork(), wallNow: () => wallMs(clock.nowMs) }),
    digest: options.digest,
    operatorToken: OPERATOR_TOKEN,
    deploymentSecret: DEPLOYMENT_SECRET,
    version: "0.0.0",
    ...options.more,
  });
  const world: World = {
    api,
    verifier: identity.verifier,
    routing,
    logged,
    store,
    advance: (ms) => {
      clock.nowMs += ms;
    },
    otherRegion: (other) => createWorld({ ...options, region: other }, stores, clock),
    send: (method, path, sent) => send(api, method, path, sent),
    signUp: async (username) => {
      const made = await world.send("POST", "/identity/sign-up", {
        body: { username, password: PASSWORD },
      });
      if (made.status !== 201) throw new Error(`sign-up: ${JSON.stringify(made.body)}`);
      const { accessToken, refreshToken, user } = made.body;
      return { accessToken, refreshToken, id: user.id };
    },
  };
  return world;
}

async function send(
  api: RegionApi,
  method: string,
  path: string,
  { token, body, headers = {} }: SendOptions = {},
): Promise<Sent> {
  const all = new Headers();
  if (token !== undefined) all.set("authorization", `Bearer ${token}`);
  if (body !== undefined) all.set("content-type", "application/json");
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
  const response = await api.fetch(
    new Request(`http://region.example${path}`, {
      method,
      headers: all,
      ...(text === undefined ? {} : { body: text }),
    }),
  );
  const answered = await response.text();
  const json = response.headers.get("content-type")?.includes("json") === true;
  return {
    status: response.status,
    headers: response.headers,
    body: json && answered !== "" ? JSON.parse(answered) : answered,
  };
}
