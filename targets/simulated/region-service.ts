/**
 * Everything around the cores of one simulated process: stores, routing, identity, health, and the
 * real API with the real apps. *composition*
 *
 * Built anew with every start of a process, as in a real region. Whatever waits inside is woken
 * through `process.run`: a frozen process answers when it wakes, one that has ended never.
 */
import { createHash } from "node:crypto";
import { createIds } from "../../base/ids.ts";
import type { Rng } from "../../base/rng.ts";
import {
  type AppContext,
  type AppDefinition,
  createIdentity,
  createRegionApi,
  createTakeoverSteps,
  type Deployment,
  type Log,
  type Message,
  type RegionApi,
  reportOf,
  startJobs,
} from "../../layers/api/index.ts";
import { standInImages } from "../../layers/images/stand-in.ts";
import type { ByteStore } from "../../layers/objects/port.ts";
import type { AppRegion } from "../../layers/region/app-region.ts";
import { createReplicatedByteStore } from "../../layers/region/byte-store.ts";
import type { BeginStep } from "../../layers/region/preparing.ts";
import type { Reads } from "../../layers/region/reads.ts";
import { createReplicatedStore, type ReplicatedStore } from "../../layers/region/store.ts";
import { NO_VOTERS } from "../../layers/routing/voters.ts";
import { type Journey, startJourney } from "./journey.ts";
import type { Node, Process } from "./node.ts";
import { simulatedPasswordHasher } from "./password-hasher.ts";
import {
  createSimulatedRouting,
  type SimulatedRouting,
  type SimulatedRoutingOptions,
} from "./routing.ts";

export interface RegionServiceOptions {
  readonly deployment: Deployment;
  readonly node: Node;
  readonly process: Process;
  readonly rng: Rng;
  readonly regions: SimulatedRoutingOptions["regions"];
  readonly forward: SimulatedRoutingOptions["forward"];
  readonly isBroken: () => boolean;
  readonly healthChanged: () => void;
  /** Code that waits has something to go on with. */
  readonly answered: () => void;
  readonly log: (region: string, level: keyof Log, fields: object, text?: string) => void;
}

export interface RegionService {
  readonly process: Process;
  readonly routing: SimulatedRouting;
  readonly api: RegionApi;
}

export const OPERATOR_TOKEN = "operator-token-of-every-simulated-world";
const DEPLOYMENT_SECRET = "deployment secret of every simulated world";
const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");

export function createRegionService(options: RegionServiceOptions): RegionService {
  const { deployment, node, process, rng, answered } = options;
  const { region } = process;
  if (region === undefined) throw new RangeError(`${node.site} is no region`);
  const { scheduler } = node.options;
  const now = () => node.instant();
  const after = (delayMs: number, act: () => void): void =>
    scheduler.after(delayMs, () => process.run(act));
  const stores = createStores(options, after);
  const routing = createSimulatedRouting({
    region: node.site,
    apps: region.apps,
    now,
    regions: options.regions,
    voters: () => process.renewer?.voters ?? NO_VOTERS,
    after,
    forward: options.forward,
    answered,
  });
  const write = (level: keyof Log) => (fields: object, text?: string) =>
    options.log(node.site, level, fields, text);
  const log: Log = {
    debug: () => {},
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  const ids = createIds({ region: node.site, rng: rng.fork(), wallNow: () => now().wall });
  const storeOf = (app: string): ReplicatedStore => stores.get(app) as ReplicatedStore;
  const identity = createIdentity({
    store: storeOf("identity"),
    hasher: simulatedPasswordHasher(digest, rng.fork()),
    deploymentSecret: DEPLOYMENT_SECRET,
    operatorToken: OPERATOR_TOKEN,
    nowMs: () => now().wall,
    digest,
  });
  const journeys = new Map<string, Journey>();
  const api = createRegionApi({
    deployment,
    region: node.site,
    storeOf,
    images: standInImages,
    bytesOf: (id) => bytesOf(options, id, after),
    routing,
    identity,
    now,
    ids,
    rng: rng.fork(),
    digest,
    operatorToken: OPERATOR_TOKEN,
    deploymentSecret: DEPLOYMENT_SECRET,
    log,
    version: "0.0.0",
    healthOf: (app) => reportOf(region.hindrance(app), journeys.get(app)?.report, now().wall),
  });
  for (const app of deployment.apps) {
    const context = api.contextOf(app.id);
    const core = region.apps.get(app.id);
    if (core !== undefined) core.preparing.beginStep = stepsOf(options, app, context, after);
    const changed = (isHealthy: boolean): void => {
      if (core !== undefined) core.healthy = isHealthy;
      options.healthChanged();
    };
    const { engine } = node;
    const { isBroken } = options;
    const called = answered;
    const journey = { app, context, engine, now, after, isBroken, changed, called };
    journeys.set(app.id, startJourney(journey));
    startJobs({ app, context, now, after, calling: answered });
  }
  const { messages } = deployment;
  // A mail server is not simulated.
  if (typeof messages === "function") {
    const send = (message: Message): Promise<void> => {
      answered();
      return messages(message);
    };
    const waking = (delayMs: number, act: () => void): void =>
      after(delayMs, () => {
        answered();
        act();
      });
    identity.deliverMessages({ send }, api.contextOf("identity"), waking);
  }
  process.ticked = () => {
    for (const store of stores.values()) store.tell();
    routing.changed();
  };
  // What the apps' routes began when they were made.
  answered();
  return { process, routing, api };
}

/** An app's takeover steps: real code, whose end reaches a process that is frozen when it wakes. */
function stepsOf(
  { process, node, answered }: RegionServiceOptions,
  app: AppDefinition,
  context: AppContext,
  after: (delayMs: number, act: () => void) => void,
): BeginStep {
  const beginStep = createTakeoverSteps(app, context);
  return (step, epoch, end) => {
    // Before its first wait the step runs while the world stands still.
    answered();
    return beginStep(step, epoch, (failure) =>
      after(0, () => {
        end(failure, node.instant());
        process.region?.endTurn(node.instant());
      }),
    );
  };
}

function createStores(
  { deployment, node, process, answered }: RegionServiceOptions,
  after: (delayMs: number, act: () => void) => void,
): ReadonlyMap<string, ReplicatedStore> {
  const stores = new Map<string, ReplicatedStore>();
  let isDue = false;
  const turn = (): void => {
    isDue = false;
    const now = node.instant();
    for (const store of stores.values()) store.flush(now);
    process.region?.endTurn(now);
    for (const store of stores.values()) store.tell();
  };
  const schedule = (): void => {
    if (isDue) return;
    isDue = true;
    after(0, turn);
  };
  for (const { id } of deployment.apps) {
    const app = process.region?.apps.get(id);
    const reads = process.region?.reads.get(id);
    if (app === undefined || reads === undefined) throw new RangeError(`no core runs ${id}`);
    const store = createReplicatedStore({
      app: observed<AppRegion, "write">(app, "write", (requests, now) => {
        const taps = requests.map((request) => tapped(request, answered));
        const isServed = app.write(taps, now);
        // The store itself refuses what comes to a region that does not serve.
        if (!isServed) answered();
        return isServed;
      }),
      reads: observed<Reads, "read">(reads, "read", (request, now) =>
        reads.read(tapped(request, answered), now),
      ),
      engine: node.engine,
      now: () => node.instant(),
      schedule,
    });
    // A listener may begin what it does not wait for.
    const subscribe: ReplicatedStore["subscribe"] = (listener) =>
      store.subscribe((change) => {
        answered();
        listener(change);
      });
    stores.set(id, { ...store, subscribe });
  }
  return stores;
}

function bytesOf(
  { process, answered }: RegionServiceOptions,
  id: string,
  after: (delayMs: number, act: () => void) => void,
): ByteStore {
  const app = process.region?.apps.get(id);
  const { bytes, byteDisk: disk } = process;
  if (app === undefined || bytes === undefined || disk === undefined) {
    throw new RangeError(`no core runs ${id}`);
  }
  const turn = (): void => {
    process.region?.endTurn(process.node.instant());
    answered();
  };
  return createReplicatedByteStore({ app, bytes, disk, schedule: () => after(0, turn) });
}

/** The request, with everybody told once it is answered. */
function tapped<Request extends { readonly answer: (outcome: never) => void }>(
  request: Request,
  answered: () => void,
): Request {
  const answer = (outcome: never): void => {
    request.answer(outcome);
    answered();
  };
  return { ...request, answer };
}

/** A core with one method replaced; its private state stays its own. */
function observed<Core extends object, Name extends keyof Core>(
  core: Core,
  name: Name,
  method: Core[Name],
): Core {
  return new Proxy(core, {
    get: (target, property) => (property === name ? method : Reflect.get(target, property, target)),
  });
}
