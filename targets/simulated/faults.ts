/** Random faults for a simulated world, and their end. *pure but for the world* */

import type { Instant } from "../../base/clock.ts";
import type { Rng } from "../../base/rng.ts";
import type { AppRegion, CommandAnswer } from "../../layers/region/app-region.ts";
import { isJoint, votersOf, WITNESS } from "../../layers/routing/members.ts";
import { LEASE_PROFILES } from "../../layers/routing/rules.ts";
import type { History } from "./history.ts";
import type { SimulatedMembership } from "./membership.ts";
import { APP } from "./setting.ts";
import type { World } from "./world.ts";

export const USUAL_FAULTS = [
  "kill",
  "freeze",
  "zombie",
  "partition",
  "partition-link",
  "partition-one-way",
  "slow",
  "clock",
  "lose-voter-disk",
  "slow-disk",
  "fence",
  "switchover",
  "failover",
] as const;
/** With those that only some runs have: what a seed does without them stays what it was. */
export const FAULT_KINDS = [
  ...USUAL_FAULTS,
  "members",
  "lose-disk",
  "restore-disk",
  "suspend",
  "lease",
  "force",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Faults {
  readonly log: string[];
  start(): void;
  stop(): void;
}

export interface FaultOptions {
  readonly world: World;
  readonly rng: Rng;
  readonly history: History;
  readonly membership: SimulatedMembership;
  readonly kinds?: readonly FaultKind[] | undefined;
  /** Faults that are chosen and not injected, by their place in the log: for shrinking. */
  readonly skip: ReadonlySet<number>;
}

export function createFaults(options: FaultOptions): Faults {
  const { world, rng, history, membership, skip, kinds = USUAL_FAULTS } = options;
  const log: string[] = [];
  let isOn = false;
  const next = (): void => {
    if (!isOn) return;
    const kind = rng.pick(kinds);
    const sites = [...world.nodes.keys()];
    const site = rng.chance(0.5) ? (world.holders(APP)[0] ?? rng.pick(sites)) : rng.pick(sites);
    const lengthMs = 20 + rng.next() ** 3 * 2500;
    const isSkipped = skip.has(log.length);
    const what = `${world.now.toFixed(0)} ${kind} ${site} ${lengthMs.toFixed(0)} ms`;
    log.push(isSkipped ? `${what} (left out)` : what);
    if (!isSkipped) {
      const end =
        kind === "members"
          ? changeMembers(world, rng, membership)
          : inject(world, rng, history, kind, site);
      world.scheduler.after(lengthMs, () => {
        if (isOn) end();
      });
    }
    world.scheduler.after(rng.next() ** 2 * 1500, next);
  };
  return {
    log,
    start: () => {
      isOn = true;
      next();
    },
    stop: () => {
      isOn = false;
    },
  };
}

const MOST_REGIONS = 6;
const FEWEST_REGIONS = 1;

/** A region comes, or one goes; those that serve are refused, which ends it. */
function changeMembers(world: World, rng: Rng, membership: SimulatedMembership): () => void {
  // What the members are is asked of who runs.
  const isAnyUp = [...world.nodes.values()].some(({ isUp }) => isUp);
  if (membership.isBusy || !isAnyUp) return () => {};
  const { regions } = world.newestMembers;
  const isLess = regions.length > FEWEST_REGIONS && rng.chance(0.5);
  if (isLess) membership.change({ change: "remove", region: rng.pick(regions) });
  else if (regions.length < MOST_REGIONS) {
    membership.change({ change: "add", region: `n${rng.below(1e6)}` });
  }
  return () => {};
}

/** Begins a fault; what ends it. */
function inject(
  world: World,
  rng: Rng,
  history: History,
  kind: Exclude<FaultKind, "members">,
  site: string,
): () => void {
  const node = world.node(site);
  const others = [...world.nodes.keys()].filter((peer) => peer !== site);
  const other = others.length === 0 ? undefined : rng.pick(others);
  switch (kind) {
    case "kill":
      world.kill(site);
      return () => world.nodes.get(site)?.start();
    case "freeze":
      world.freeze(site);
      return () => world.nodes.get(site)?.thaw();
    case "zombie":
      world.freeze(site);
      world.scheduler.after(rng.next() * 300, () => {
        if (world.nodes.has(site)) node.startBesideFrozen();
      });
      return () => world.nodes.get(site)?.thaw();
    case "partition":
      world.partition(site);
      return () => world.network.heal();
    case "partition-link":
      world.partition(site, other);
      return () => world.network.heal();
    case "partition-one-way":
      world.partition(site, rng.chance(0.5) ? other : undefined, rng.chance(0.5) ? "in" : "out");
      return () => world.network.heal();
    case "slow":
      world.slow(site, {
        delayMs: rng.next() * 150,
        jitterMs: rng.next() * 100,
        loss: rng.next() * 0.3,
        duplication: 0.05,
      });
      return () => world.network.heal();
    case "clock":
      node.clocks.offsetMs = (rng.next() - 0.5) * 6000;
      return () => {
        node.clocks.offsetMs = 0;
      };
    case "lease":
      // As an operator changes it: one site after the other is started again with other terms.
      node.terms = rng.chance(0.5) ? LEASE_PROFILES.default : LEASE_PROFILES.tight;
      world.kill(site);
      return () => world.nodes.get(site)?.start();
    case "suspend":
      node.suspend();
      return () => world.nodes.get(site)?.thaw();
    case "lose-disk":
    case "restore-disk":
      return replaceDisk(world, rng, history, site, kind === "restore-disk");
    case "lose-voter-disk":
      return loseVoterDisk(world, site);
    case "fence":
      return fence(world, rng, history);
    case "switchover":
      command(world, rng.pick(world.regions), (commands, now) => {
        const options = {
          by: "operator",
          reason: "test",
          cause: "switchover",
          waitMs: 500,
        } as const;
        commands.switchover(rng.pick(world.regions), options, () => {}, now);
      });
      return () => {};
    case "failover":
      command(world, rng.pick(world.regions), (commands, now) => {
        const options = { by: "operator", reason: "test", acceptDataLoss: false };
        commands.failover(options, () => {}, now);
      });
      return () => {};
    case "force":
      if (!history.isPassive) return () => {};
      command(world, rng.pick(world.regions), (commands, now) => {
        history.isLossAccepted = true;
        const options = { by: "operator", reason: "test", acceptDataLoss: true };
        commands.failover(options, () => {}, now);
      });
      return () => {};
    case "slow-disk":
      node.flushDelayMs = rng.next() * 120;
      return () => {
        node.flushDelayMs = 2;
      };
  }
}

function command(
  world: World,
  region: string,
  act: (commands: AppRegion["commands"], now: Instant) => void,
): void {
  const { process } = world.node(region);
  process?.run(() => {
    const app = world.app(region, APP);
    if (app?.isBooted) act(app.commands, world.node(region).instant());
  });
}

/** I1b is checked from the moment the fence returned. */
function fence(world: World, rng: Rng, history: History): () => void {
  const by = { by: "operator", reason: "test" };
  command(world, rng.pick(world.regions), (commands, now) => {
    const version = ++history.fences;
    const answer: CommandAnswer = (end) => {
      if (end.kind === "ok" && history.fences === version) history.fencedSince = world.now;
    };
    commands.fence(by, answer, now);
  });
  return () => unfence(world, history);
}

/** Asked of every region, because any may be away. */
export function unfence(world: World, history: History): void {
  history.fences++;
  history.fencedSince = undefined;
  for (const region of world.regions) {
    const by = { by: "operator", reason: "test" };
    history.unfencesOpen++;
    const answer: CommandAnswer = (end) => {
      history.unfencesOpen--;
      if (end.kind !== "ok") return;
      history.fences++;
      history.fencedSince = undefined;
    };
    command(world, region, (commands, now) => commands.unfence(by, answer, now));
  }
}

/** What the voters remember of a log's end is as old as the last renewals. */
const COPY_AGE_MS = 1000;

/** One at a time, and only what others have too: the rest nobody can bring back. */
function replaceDisk(
  world: World,
  rng: Rng,
  history: History,
  site: string,
  isRestored: boolean,
): () => void {
  const node = world.node(site);
  if (site === WITNESS || !isWholeWithout(world)) return () => {};
  const copy = isRestored ? node.engine.snapshot() : undefined;
  const replace = (): void => {
    if (world.nodes.get(site) !== node || !isWholeWithout(world)) return;
    if (!node.isUp || isNeeded(world, site) || !history.isElsewhere(site, world)) return;
    world.kill(site);
    node.replaceDisk(copy);
    world.scheduler.after(rng.next() ** 2 * 1500, () => world.nodes.get(site)?.start());
  };
  if (copy === undefined) replace();
  else world.scheduler.after(COPY_AGE_MS, replace);
  return () => {};
}

/** One at a time: what more than a minority loses, nobody can know. */
function loseVoterDisk(world: World, site: string): () => void {
  if (!isWholeWithout(world)) return () => {};
  world.kill(site);
  world.node(site).loseVoterDisk();
  return () => world.nodes.get(site)?.start();
}

/**
 * Where nobody else may take over by itself, an operator has to give up what is lost: the last in
 * sync, and who serves a `local` app while the others may have restarted and know no lag.
 */
function isNeeded(world: World, site: string): boolean {
  // It may be about to be named in place of a region that does not answer.
  if ((world.app(site, APP)?.suspected.length ?? 0) > 0) return true;
  return world.regions.some((region) => {
    const record = world.app(region, APP)?.record;
    if (record === undefined) return false;
    if (record.durability === "replicated") {
      return record.inSyncRegions.every((other) => other === site);
    }
    const serves = record.serving.some((holder) => holder.region === site);
    return record.mode === "active-passive" && serves;
  });
}

/** Every voter votes, and there are others than one. */
function isWholeWithout(world: World): boolean {
  const processes = [...world.nodes.values()].map(({ process }) => process);
  const members = processes[0]?.voter.members;
  const isWhole = processes.every(
    (process) =>
      process?.voter.status === "voting" &&
      members !== undefined &&
      !isJoint(members) &&
      process.voter.members?.version === members.version &&
      votersOf(members).some((voter) => voter.voterId === process.voter.voterId),
  );
  return isWhole && world.nodes.size >= 3;
}
