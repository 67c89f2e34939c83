/**
 * `simulate`: a deployment of one's own apps in a world that one seed decides. *composition*
 *
 * Real apps, real API, real replication and failover; network, disks and time are simulated, so
 * that a quarter of an hour costs what happens in it. Nothing moves unless something is awaited.
 *
 * Not promised: memory and processor time (a slow handler takes no virtual time), and the bytes
 * that WebCrypto makes, which differ between two runs of one seed.
 */
import { parseDurationMs } from "../base/duration.ts";
import type { Deployment } from "../layers/api/index.ts";
import type { MemorySnapshot } from "../layers/key-value/memory-engine.ts";
import { WITNESS } from "../layers/routing/members.ts";
import type { Command, CommandOptions } from "../layers/routing/port.ts";
import { LEASE_PROFILES } from "../layers/routing/rules.ts";
import { type LogLine, SimulatedDeployment } from "../targets/simulated/deployment.ts";
import type { RegionChangeEnd } from "../targets/simulated/membership.ts";
import type { Node } from "../targets/simulated/node.ts";
import { OPERATOR_TOKEN } from "../targets/simulated/region-service.ts";
import type { Ended } from "../targets/simulated/routing.ts";
import { type Checked, checkWorld } from "./check.ts";
import { createSimulatedClient, type SimulatedClient } from "./client.ts";
import { type Operation, OperationLog } from "./history.ts";

export interface SimulateOptions {
  /** What `defineDeployment` returned. */
  readonly deployment: Deployment;
  /** Decides everything that is left to chance; default 1. */
  readonly seed?: number;
  /** Round trip between any two regions in ms, or (default) as between AWS regions. */
  readonly rtt?: number | "aws";
  /** How long leases are, and how often they are renewed; absent: as the deployment says. */
  readonly lease?: keyof typeof LEASE_PROFILES;
}

/** Milliseconds, or as people write them: "30s", "15m". */
export type Duration = number | string;

export interface SimulatedRegion {
  readonly id: string;
  readonly isUp: boolean;
  /** Whether the region may write for the app at this moment. */
  serves(app: string): boolean;
  /** A request at this very region, past the smart client. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** What an operator would ask of it. */
  command(app: string, command: Command, options?: Partial<CommandOptions>): Promise<Ended>;
}

export interface Slowness {
  readonly delay?: Duration;
  readonly jitter?: Duration;
  /** Share of messages that get lost, 0 to 1. */
  readonly loss?: number;
}

export interface SimulatedWorld {
  readonly seed: number;
  readonly regions: readonly string[];
  /** Virtual milliseconds since the beginning. */
  readonly now: number;
  region(id: string): SimulatedRegion;
  /** What an operator shows: `Authorization: Bearer` in requests of `region(id).fetch`. */
  readonly operatorToken: string;
  client(options?: { readonly near?: string }): SimulatedClient;
  /** Until every app serves and is in sync where it wants to be; `simulate` has waited for it. */
  ready(): Promise<void>;

  /** Ends the region's process; what was not on disk is gone. */
  kill(site: string): void;
  restart(site: string): void;
  /** Stops the process where it is; it knows nothing of the time until `thaw`. */
  freeze(site: string): void;
  thaw(site: string): void;
  /** Cuts a site from all others, or from one; clients still reach it. */
  partition(
    site: string,
    options?: {
      readonly from?: string;
      readonly direction?: "both" | "in" | "out";
      /** Clients do not reach it either. */
      readonly clients?: boolean;
    },
  ): void;
  slow(site: string, slowness: Slowness, other?: string): void;
  /** The disk takes no more than it holds now, and `more` entries. */
  fillDisk(region: string, more?: number): void;
  /** The region's process ends, and its disk is empty when it starts again. */
  loseDisk(region: string): void;
  /** What is on the region's disk at this moment, for `restoreDisk`; without bytes of objects. */
  copyDisk(region: string): DiskCopy;
  /**
   * The region's process ends, and its disk is as it was when the copy was made. Copies that are
   * younger than a second may be taken for the disk itself.
   */
  restoreDisk(region: string, copy: DiskCopy): void;
  /** Ends the site's process; from its next start on it goes by other terms of leases. */
  changeLease(site: string, lease: keyof typeof LEASE_PROFILES): void;
  /**
   * Ends the region's process; from its next start on it runs these apps, on the data that is
   * there. `restart` throws where the data does not fit them.
   */
  redeploy(region: string, deployment: Deployment): void;
  /** The machine sleeps until `thaw`: its monotonic clock stands still, its wall clock goes on. */
  suspend(site: string): void;
  /** The wall clock jumps; the monotonic one goes on. */
  skewClock(site: string, by: Duration): void;
  /**
   * Both clocks run `rate` times as fast as true time, until `heal`; from 0.9 to 1.1. Leases allow
   * for 2 % between any two sites: 0.99 and 1.01.
   */
  driftClock(site: string, rate: number): void;
  /** The region's health journey fails until `heal`. */
  breakHealth(region: string): void;
  /** Starts a region and makes it a member; rejects when that is refused. Waits for its data. */
  addRegion(id: string): Promise<void>;
  /** Rejects with the reason when it is refused: the serving region of an app does not leave. */
  removeRegion(id: string, options?: { readonly acceptDataLoss?: boolean }): Promise<void>;
  /** Ends all faults; killed regions start again. */
  heal(): void;

  advance(by: Duration): Promise<void>;
  /** Waits for the condition, and rejects where it does not come true in time; default 60 s. */
  until(condition: () => boolean, within?: Duration): Promise<void>;
  /** Everything that clients asked for, and what came of it. */
  history(): readonly Operation[];
  /** Heals everything, then looks whether anything acknowledged was lost. */
  check(): Promise<Checked>;
  /** What the regions logged, for a test that fails; the last 2,000 lines. */
  logged(): readonly LogLine[];
  /** A running hash over all messages: equal in two runs of one seed. */
  readonly trace: string;
}

const COPY = Symbol("what is on a disk");

/** Made by `copyDisk`. */
export interface DiskCopy {
  readonly region: string;
  readonly [COPY]: MemorySnapshot;
}

const READY_MS = 60_000;
const WITHIN_MS = 60_000;
const CONVERGED_MS = 300;

export async function simulate(options: SimulateOptions): Promise<SimulatedWorld> {
  const world = createSimulatedWorld(options);
  await world.ready();
  return world;
}

const ms = (duration: Duration): number =>
  typeof duration === "number" ? duration : parseDurationMs(duration);

function createSimulatedWorld(options: SimulateOptions): SimulatedWorld {
  const { deployment, seed = 1 } = options;
  const simulated = new SimulatedDeployment({
    deployment,
    seed,
    terms: LEASE_PROFILES[options.lease ?? deployment.leases],
    ...(options.rtt === undefined ? {} : { rtt: options.rtt }),
  });
  const { world, pace } = simulated;
  const log = new OperationLog();
  const clients: SimulatedClient[] = [];
  const region = (id: string): SimulatedRegion => regionOf(simulated, id);

  const until: SimulatedWorld["until"] = async (condition, within = WITHIN_MS) => {
    if (await pace.until(condition, ms(within))) return;
    throw new Error(
      `until: the condition did not come true within ${ms(within)} ms (seed ${seed})`,
    );
  };
  return {
    seed,
    get regions() {
      return simulated.regions;
    },
    get now() {
      return world.now;
    },
    operatorToken: OPERATOR_TOKEN,
    get trace() {
      return world.trace;
    },
    region,
    client: ({ near = simulated.regions[0] ?? "" } = {}) => {
      if (!simulated.regions.includes(near)) {
        throw new RangeError(`client: near is no region, got ${near}; use ${simulated.regions}`);
      }
      const client = createSimulatedClient(simulated, log, clients.length, near);
      clients.push(client);
      return client;
    },
    ready: async () => {
      await until(() => isReady(simulated), READY_MS);
      await pace.advance(CONVERGED_MS);
    },
    ...faultsOf(simulated),
    ...membersOf(simulated, until),
    advance: (by) => pace.advance(ms(by)),
    until,
    history: () => log.operations,
    check: () =>
      checkWorld(simulated, [...log.operations], async (process, path) => {
        const answer = await clients[process]?.send("GET", path);
        return answer?.status ?? 0;
      }),
    logged: () => simulated.logged,
  };
}

type Faults = Pick<
  SimulatedWorld,
  | "kill"
  | "restart"
  | "freeze"
  | "thaw"
  | "partition"
  | "slow"
  | "fillDisk"
  | "loseDisk"
  | "copyDisk"
  | "restoreDisk"
  | "changeLease"
  | "redeploy"
  | "suspend"
  | "skewClock"
  | "driftClock"
  | "breakHealth"
  | "heal"
>;

function faultsOf(simulated: SimulatedDeployment): Faults {
  const { world } = simulated;
  const stirred = (act: (site: string) => void) => (site: string) => {
    simulated.stir();
    act(site);
  };
  return {
    kill: (site) => simulated.kill(site),
    restart: stirred((site) => world.restart(site)),
    freeze: stirred((site) => world.freeze(site)),
    thaw: stirred((site) => world.thaw(site)),
    partition: (site, { from, direction, clients = false } = {}) => {
      simulated.stir();
      world.partition(site, from, direction);
      if (clients) simulated.isolateClients(site, true);
    },
    slow: (site, { delay = 0, jitter = 0, loss }, other) => {
      const more = { delayMs: ms(delay), jitterMs: ms(jitter) };
      simulated.slow(site, loss === undefined ? more : { ...more, loss }, other);
    },
    fillDisk: (id, more = 0) => {
      simulated.stir();
      const { engine } = world.node(id);
      // A disk at its limit takes no transaction, not even one that puts nothing new.
      engine.setCapacity(engine.size - 1 + more);
    },
    loseDisk: (id) => replaceDisk(simulated, id),
    copyDisk: (id) => ({ region: id, [COPY]: regionNode(simulated, id).engine.snapshot() }),
    restoreDisk: (id, copy) => {
      if (copy.region !== id) {
        throw new RangeError(`restoreDisk: the copy is of ${copy.region}, got ${id}`);
      }
      replaceDisk(simulated, id, copy[COPY]);
    },
    changeLease: (site, lease) => {
      world.node(site).terms = LEASE_PROFILES[lease];
      simulated.kill(site);
    },
    redeploy: (id, deployment) => simulated.redeploy(regionNode(simulated, id).site, deployment),
    suspend: stirred((site) => world.node(site).suspend()),
    driftClock: (site, rate) => {
      if (!(rate >= 0.9 && rate <= 1.1)) {
        throw new RangeError(`driftClock: rate is from 0.9 to 1.1, got ${rate}`);
      }
      simulated.stir();
      world.node(site).clocks.rate = rate;
    },
    skewClock: (site, by) => {
      simulated.stir();
      world.node(site).clocks.offsetMs += ms(by);
    },
    breakHealth: (id) => simulated.breakHealth(world.node(id).site, true),
    heal: () => simulated.heal(),
  };
}

function regionNode({ world }: SimulatedDeployment, id: string): Node {
  if (id === WITNESS) throw new RangeError("the witness has no data; its disk cannot be replaced");
  return world.node(id);
}

function replaceDisk(simulated: SimulatedDeployment, id: string, copy?: MemorySnapshot): void {
  const node = regionNode(simulated, id);
  simulated.kill(id);
  node.replaceDisk(copy);
}

function membersOf(
  simulated: SimulatedDeployment,
  until: SimulatedWorld["until"],
): Pick<SimulatedWorld, "addRegion" | "removeRegion"> {
  const isDone = async (what: string, changing: Promise<RegionChangeEnd>): Promise<void> => {
    const end = await simulated.pace.follow(changing);
    if (end.kind !== "ok") throw new Error(`${what}: ${end.reason}`);
  };
  return {
    addRegion: async (id) => {
      await isDone(`addRegion(${id})`, simulated.addRegion(id));
      await until(() => simulated.isWhole(id));
      simulated.show(id);
    },
    removeRegion: (id, { acceptDataLoss = false } = {}) =>
      isDone(`removeRegion(${id})`, simulated.removeRegion(id, acceptDataLoss)),
  };
}

function regionOf(simulated: SimulatedDeployment, id: string): SimulatedRegion {
  const { world, pace } = simulated;
  const node = world.node(id);
  return {
    id,
    get isUp() {
      return node.isUp;
    },
    serves: (app) => simulated.service(id)?.routing.app(app)?.holdsLease === true,
    fetch: (path, init = {}) =>
      pace.follow(simulated.fetch(id, `${simulated.urlOf(id)}${path}`, init)),
    command: async (app, command, given = {}) => {
      const service = simulated.service(id);
      if (service === undefined) throw new Error(`command: ${id} is down`);
      simulated.stir();
      return pace.follow(service.routing.command(app, command, { by: "operator", ...given }));
    },
  };
}

function isReady({ world, deployment, regions }: SimulatedDeployment): boolean {
  return deployment.apps.every(({ id, mode, durability }) => {
    const record = world.app(regions[0] ?? "", id)?.record;
    if (record === undefined || world.holders(id).length === 0) return false;
    const wanted = mode === "active-active" ? regions.length : 1;
    const inSync = durability === "replicated" ? Math.min(2, regions.length) : 0;
    return record.serving.length >= wanted && record.inSyncRegions.length >= inSync;
  });
}
