/**
 * One seed: a random deployment, a random workload, random faults, every invariant. *shell*
 *
 * The run has a stormy part and a calm part. In the calm part the world must become available again
 * (I11) and all regions equal (I7).
 */
import { createRng, type Rng } from "../../base/rng.ts";
import { itemsOf } from "../../layers/key-value/items.ts";
import type { ItemKey } from "../../layers/key-value/table.ts";
import type { AppOptions } from "../../layers/region/app-parts.ts";
import { lateKey } from "../../layers/region/judgement.ts";
import { LATE } from "../../layers/region/platform-tables.ts";
import type { RegionRules } from "../../layers/region/rules.ts";
import type { LeaseTerms, RoutingRules } from "../../layers/routing/rules.ts";
import { differenceOf } from "./content.ts";
import { ExpiryWorkload } from "./expiry-workload.ts";
import { createFaults, type FaultKind, unfence } from "./faults.ts";
import { type AckedWrite, History } from "./history.ts";
import { HomeWorkload } from "./home-workload.ts";
import { SimulatedMembership } from "./membership.ts";
import { ObjectWorkload } from "./objects/object-workload.ts";
import { RegisterWatch } from "./register-watch.ts";
import { APP, appOptions, REGION_NAMES, withHomes, withObjects, withPassing } from "./setting.ts";
import { Workload } from "./workload.ts";
import { World, type WorldOptions } from "./world.ts";

export interface ExploreOptions {
  readonly seed: number;
  readonly regions?: number;
  readonly mode?: AppOptions["mode"];
  readonly durability?: AppOptions["durability"];
  readonly faults?: readonly FaultKind[];
  /** Faults to leave out, by their place in the log. */
  readonly skip?: readonly number[];
  readonly stormMs?: number;
  /** How fast the clocks of sites run; default: at random, at most 4 % apart. */
  readonly clockRates?: Readonly<Record<string, number>>;
  /** Terms of leases of single sites; default: the same everywhere. */
  readonly terms?: Readonly<Record<string, LeaseTerms>>;
  /** Longest pause of a client between two operations; default 10 or 25. */
  readonly thinkMs?: number;
  readonly routingRules?: RoutingRules;
  readonly regionRules?: RegionRules;
  readonly intercept?: WorldOptions["intercept"];
  /** Clients that put and remove objects, too. */
  readonly objects?: boolean;
  /** Clients that write and renew rows that expire, too. */
  readonly expiring?: boolean;
  /** Clients that take from shelves, of which one region decides at a time, too. */
  readonly homes?: boolean;
  readonly voterFinds?: WorldOptions["voterFinds"];
}

export interface Explored {
  readonly seed: number;
  readonly setting: string;
  readonly violations: readonly string[];
  readonly acked: number;
  readonly reads: number;
  readonly unknown: number;
  /** Puts of objects that were acknowledged. */
  readonly objects: number;
  /** Rows that expired otherwise, and were renewed for good. */
  readonly renewed: number;
  /** Takes that were acknowledged, and how often a home moved. */
  readonly takes: number;
  readonly homeMoves: number;
  readonly epochs: number;
  /** Regions that came or went. */
  readonly changedMembers: number;
  readonly faults: readonly string[];
  readonly trace: string;
}

const QUIET_MS = 6000;

export function explore(options: ExploreOptions): Explored {
  const rng = createRng(options.seed ^ 0x5eed);
  const regions = REGION_NAMES.slice(0, options.regions ?? 2 + rng.below(4));
  const mode = options.mode ?? (rng.chance(0.7) ? "active-passive" : "active-active");
  const durability = options.durability ?? (rng.chance(0.6) ? "replicated" : "local");
  const violations: string[] = [];
  const report = (invariant: string, what: string): void => {
    if (violations.length < 10)
      violations.push(`${invariant} at ${world.now.toFixed(1)} ms: ${what}`);
  };
  const watch = new RegisterWatch(report);
  const plain = appOptions(
    regions,
    mode,
    durability,
    2 + rng.below(2),
    rng.pick([20, 200, 100_000]),
  );
  const passing = options.expiring === true ? withPassing(plain) : plain;
  const stored = options.objects === true ? withObjects(passing) : passing;
  const app = options.homes === true ? withHomes(stored) : stored;
  const world: World = new World({
    seed: options.seed,
    regions,
    apps: [app],
    ...(options.objects === true ? { objects: { graceMs: 400, chunkBytes: 64 } } : {}),
    ...(options.routingRules ? { routingRules: options.routingRules } : {}),
    ...(options.regionRules ? { regionRules: options.regionRules } : {}),
    ...(options.intercept ? { intercept: options.intercept } : {}),
    ...(options.voterFinds ? { voterFinds: options.voterFinds } : {}),
    watch: {
      proposed: (register, ballot, members) => watch.proposed(register, ballot, members),
      voted: (site, disk, register) => watch.voted(site, disk, register),
      began: (region, _incarnation, _app, epoch) => {
        history.beganAt(region, epoch, world.now, world.app(region, APP));
      },
    },
  });
  const history = new History({
    isPassive: mode === "active-passive",
    isReplicated: durability === "replicated",
    leaseMs: world.terms.leaseMs,
    report,
  });
  world.network.usual = usualLink(rng);
  const { clockRates = {}, thinkMs = rng.pick([10, 25, 25]) } = options;
  // Clocks that run too fast or too slow, within what the margin of a lease allows.
  for (const [site, node] of world.nodes) {
    node.terms = options.terms?.[site] ?? node.terms;
    node.clocks.rate = clockRates[site] ?? 1 + (rng.next() - 0.5) * 0.04;
  }
  if (options.homes === true) spreadClocks(world, createRng(options.seed ^ 0xc10c));
  const membership = new SimulatedMembership(world, createRng(options.seed ^ 0x3e3));
  const faults = createFaults({
    world,
    rng: rng.fork(),
    history,
    membership,
    kinds: options.faults,
    skip: new Set(options.skip),
  });
  const workload = new Workload({ world, rng: rng.fork(), history, mode, thinkMs });
  const objects =
    options.objects === true
      ? new ObjectWorkload({
          world,
          rng: createRng(options.seed ^ 0x0b1ec7),
          report,
          isReplicated: durability === "replicated",
          isPassive: mode === "active-passive",
        })
      : undefined;
  const expiring =
    options.expiring === true
      ? new ExpiryWorkload({
          world,
          rng: createRng(options.seed ^ 0xe7b1),
          report,
          isPassive: mode === "active-passive",
        })
      : undefined;
  const homes =
    options.homes === true
      ? new HomeWorkload({ world, rng: createRng(options.seed ^ 0x40e5), report })
      : undefined;
  world.start();
  homes?.start();
  workload.start();
  objects?.start();
  expiring?.start();
  world.advance(600 + rng.below(600));
  faults.start();
  world.advance(options.stormMs ?? 5000);
  faults.stop();
  world.network.usual = { delayMs: 1, jitterMs: 1, loss: 0, duplication: 0 };
  world.heal();
  const unfenceSoon = (): void => {
    unfence(world, history);
    const isFenced = world.regions.some(
      (region) => world.app(region, APP)?.record?.phase !== "serving",
    );
    if (isFenced) world.scheduler.after(500, unfenceSoon);
  };
  world.scheduler.after(300, unfenceSoon);
  checkAvailable(world, workload, report);
  checkMembers(world, membership, report);
  homes?.checkOpen(QUIET_MS);
  homes?.stop();
  workload.stop();
  objects?.stop();
  expiring?.stop();
  world.advance(QUIET_MS / 2);
  objects?.finish();
  expiring?.finish();
  homes?.finish();
  // A put that waited for somebody's bytes may have come just now.
  world.until(() => haveOneEnd(world), QUIET_MS / 2);
  checkEnd(world, history, workload, world.regions, report);
  return {
    seed: options.seed,
    setting: `${regions.length} regions, ${mode}, ${durability}`,
    violations,
    acked: history.acked.length,
    reads: workload.reads,
    unknown: workload.unknown,
    objects: objects?.acked ?? 0,
    renewed: expiring?.renewed ?? 0,
    takes: homes?.acked ?? 0,
    homeMoves: homes?.moves ?? 0,
    epochs: Math.max(0, ...history.began.map((begin) => begin.epoch)),
    changedMembers: membership.changed,
    faults: faults.log,
    trace: world.trace,
  };
}

/** As far apart as voters let clocks be. */
function spreadClocks({ nodes, terms }: World, rng: Rng): void {
  for (const { clocks } of nodes.values()) {
    clocks.offsetMs = (rng.next() - 0.5) * 0.95 * terms.clockBoundMs;
  }
}

function usualLink(rng: Rng): World["network"]["usual"] {
  const isPoor = rng.chance(0.4);
  return {
    delayMs: 0.5 + rng.next() * 10,
    jitterMs: rng.next() * (isPoor ? 40 : 5),
    loss: isPoor ? rng.next() * 0.05 : 0,
    duplication: isPoor ? 0.05 : 0,
  };
}

/** I11: soon after the faults stop, writes are acknowledged again. */
function checkAvailable(world: World, workload: Workload, report: Report): void {
  const before = workload.lastAckAt;
  const took = world.until(
    () => workload.lastAckAt > before + 1 && workload.lastAckAt > world.now - 50,
    QUIET_MS,
  );
  if (took === undefined) report("I11", "no write was acknowledged after the faults had stopped");
}

/** A change of the members that has begun ends, and what came has all that it needs. */
function checkMembers(world: World, membership: SimulatedMembership, report: Report): void {
  if (world.until(() => !membership.isBusy, 4 * QUIET_MS) === undefined) {
    report("I11", "a change of the members did not end");
    return;
  }
  const hasArrived = (region: string): boolean =>
    world.node(region).process?.region?.hasArrived === true;
  const late = world.until(() => world.regions.every(hasArrived), 2 * QUIET_MS) === undefined;
  if (!late) return;
  const missing = world.regions.filter((region) => !hasArrived(region));
  report("I11", `the data has not arrived in ${missing}`);
}

function haveOneEnd(world: World): boolean {
  const ends = world.regions.map((region) =>
    [...(world.app(region, APP)?.logs ?? [])]
      .map(([lineage, log]) => `${lineage} ${log.end.epoch}.${log.end.position}`)
      .sort()
      .join(),
  );
  return new Set(ends).size === 1;
}

type Report = (invariant: string, what: string) => void;

function checkEnd(
  world: World,
  history: History,
  workload: Workload,
  regions: readonly string[],
  report: Report,
): void {
  const [first = "", ...others] = regions;
  for (const region of others) {
    const difference = differenceOf(world, APP, region, first);
    if (difference !== undefined) report("I7", `${region} differs from ${first}: ${difference}`);
  }
  const reference = world.holders(APP)[0] ?? regions[0] ?? "";
  const { engine } = world.node(reference);
  for (const region of regions) {
    const left = world.app(region, APP)?.data.stranded(world.node(region).engine, 1) ?? [];
    if (left[0] !== undefined) report("I8", `${region} still has ${lateKey(left[0])} stranded`);
  }
  const late = Array.from(
    itemsOf(engine, APP, LATE),
    ({ stored }) => stored.value as unknown as LateRow,
  );
  const items = history.isLossAccepted ? [...itemsOf(engine, APP, "items")] : [];
  const kept = items.map(({ table, key, stored }): LateRow => {
    const { epoch, region, sequence: position } = stored.stamp;
    return { region, epoch, position, changes: [{ table, key }] };
  });
  const instead = history.isLossAccepted ? [...late, ...kept] : [];
  history.finish(
    (lineage) => world.app(reference, APP)?.logs.get(lineage),
    (write) =>
      late.some((row) => isOf(row, write)) ||
      instead.some((row) => isOf(row, write) || supersedes(row, write)),
  );
  workload.checkEffects([...itemsOf(engine, APP, "items")], report);
}

interface LateRow {
  readonly region: string;
  readonly epoch: number;
  readonly position: number;
  readonly changes: readonly { readonly table: string; readonly key: ItemKey }[];
}

const isOf = ({ region, epoch, position }: LateRow, write: AckedWrite): boolean =>
  region === write.region && epoch === write.parts.epoch && position === write.parts.position;

/**
 * Where an operator made a region serve that was not in sync, entries that it lacks may be trimmed:
 * what was written to an item in the end is there or told, and stands for what was before.
 */
const supersedes = ({ epoch, position, changes }: LateRow, { key, parts }: AckedWrite): boolean =>
  (epoch > parts.epoch || (epoch === parts.epoch && position > parts.position)) &&
  changes.some((change) => change.table === "items" && change.key.partition === key);
