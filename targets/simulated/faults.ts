/** Random faults for a simulated world, and their end. *pure but for the world* */
import type { Rng } from "../../base/rng.ts";
import { isJoint } from "../../layers/routing/members.ts";
import type { World } from "./world.ts";

export const FAULT_KINDS = [
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
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Faults {
  readonly log: string[];
  start(): void;
  stop(): void;
}

export function createFaults(world: World, rng: Rng, kinds: readonly FaultKind[] = FAULT_KINDS): Faults {
  const log: string[] = [];
  let isOn = false;
  const sites = [...world.nodes.keys()];
  const next = (): void => {
    if (!isOn) return;
    const kind = rng.pick(kinds);
    const site = rng.chance(0.5) ? (world.holders("app")[0] ?? rng.pick(sites)) : rng.pick(sites);
    const lengthMs = 20 + rng.next() ** 3 * 2500;
    log.push(`${world.now.toFixed(0)} ${kind} ${site} ${lengthMs.toFixed(0)} ms`);
    const end = inject(world, rng, kind, site);
    world.scheduler.after(lengthMs, () => {
      if (isOn) end();
    });
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

/** Begins a fault; what ends it. */
function inject(world: World, rng: Rng, kind: FaultKind, site: string): () => void {
  const node = world.node(site);
  const other = rng.pick([...world.nodes.keys()].filter((peer) => peer !== site));
  switch (kind) {
    case "kill":
      world.kill(site);
      return () => world.restart(site);
    case "freeze":
      world.freeze(site);
      return () => world.thaw(site);
    case "zombie":
      world.freeze(site);
      world.scheduler.after(rng.next() * 300, () => node.startBesideFrozen());
      return () => world.thaw(site);
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
      world.slow(site, { delayMs: rng.next() * 150, jitterMs: rng.next() * 100, loss: rng.next() * 0.3, duplication: 0.05 });
      return () => world.network.heal();
    case "clock":
      node.clockOffsetMs = (rng.next() - 0.5) * 6000;
      return () => {
        node.clockOffsetMs = 0;
      };
    case "lose-voter-disk":
      return loseVoterDisk(world, site);
    case "slow-disk":
      node.flushDelayMs = rng.next() * 120;
      return () => {
        node.flushDelayMs = 2;
      };
  }
}

const lossesOf = new WeakMap<World, number>();
const losses = (world: World): number => lossesOf.get(world) ?? 0;

/** One at a time: what more than a minority loses, nobody can know. */
function loseVoterDisk(world: World, site: string): () => void {
  const isWhole = [...world.nodes.values()].every(({ process }) => {
    const members = process?.voter.members;
    if (process?.voter.status !== "voting" || members === undefined || isJoint(members)) return false;
    return members.version === world.members.version + 2 * losses(world);
  });
  if (!isWhole || world.nodes.size < 3) return () => {};
  lossesOf.set(world, losses(world) + 1);
  world.kill(site);
  world.node(site).loseVoterDisk();
  return () => world.restart(site);
}
