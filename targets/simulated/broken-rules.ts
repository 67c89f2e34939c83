/**
 * Rules of the protocol broken on purpose, each of which the simulation must notice. *for tests*
 *
 * What cannot be said as a rule is done to messages and disks on their way. `shows` are the
 * invariants that catch it: "assertion" where the core's own assertion does.
 */
import { REGION_RULES } from "../../layers/region/rules.ts";
import { genesis } from "../../layers/routing/members.ts";
import { LEASE_PROFILES, ROUTING_RULES } from "../../layers/routing/rules.ts";
import { newVoterDisk } from "../../layers/routing/voter-disk.ts";
import type { ExploreOptions } from "./explore.ts";
import { remainingAtPrepare } from "./remaining-at-prepare.ts";
import { cutWhenProposed, deafHolder, missesAccepts } from "./worst-networks.ts";

export interface BrokenRule {
  readonly name: string;
  readonly shows: readonly string[];
  /** A seed that showed it, tried first: saves time only. */
  readonly from?: number;
  /** Made anew for each seed. */
  readonly setting: () => Omit<ExploreOptions, "seed">;
}

const PASSIVE = { mode: "active-passive" } as const;
const LOCAL = { ...PASSIVE, durability: "local" } as const;
const HOMES = { mode: "active-active", homes: true } as const;
const REPLICATED = { ...PASSIVE, durability: "replicated" } as const;

const region = (rules: Partial<typeof REGION_RULES>) => ({ ...REGION_RULES, ...rules });
const routing = (rules: Partial<typeof ROUTING_RULES>) => ({ ...ROUTING_RULES, ...rules });

/** A voter whose directory is as on the first day: every promise and vote forgotten. */
const forgetful = (
  regions: number,
  forgets: (isLost: boolean) => boolean,
): Omit<ExploreOptions, "seed"> => {
  const names = ["a", "b", "c", "d", "e"].slice(0, regions);
  const sites = regions % 2 === 0 ? [...names, "witness"] : names;
  const members = genesis(
    names,
    Object.fromEntries(sites.map((site) => [site, `voter-${site}-0`])),
  );
  const started = new Set<string>();
  return {
    regions,
    voterFinds: (site, disk) => {
      const isFirst = !started.has(site);
      started.add(site);
      if (isFirst || !forgets(disk === undefined)) return disk;
      return newVoterDisk(`voter-${site}-0`, members);
    },
  };
};

export const BROKEN_RULES: readonly BrokenRule[] = [
  {
    name: "lease without margin",
    shows: ["I1"],
    from: 10,
    setting: () => ({
      ...LOCAL,
      regions: 2,
      // As far apart as the margin allows: the holder slow, those who count it out fast.
      clockRates: { a: 0.976, b: 1.024, witness: 1.024 },
      thinkMs: 3,
      stormMs: 3000,
      routingRules: routing({ marginMs: () => 0 }),
      faults: ["partition"],
    }),
  },
  {
    name: "a lease counted longer than it was granted",
    shows: ["I1"],
    setting: () => ({
      ...LOCAL,
      regions: 2,
      thinkMs: 3,
      stormMs: 3000,
      terms: { b: LEASE_PROFILES.tight, witness: LEASE_PROFILES.tight },
      routingRules: routing({ countedFrom: (sent) => sent }),
      faults: ["partition"],
    }),
  },
  {
    name: "voter forgets on restart",
    shows: ["I1", "I2", "I3", "I4", "I9"],
    setting: () => ({
      ...PASSIVE,
      ...forgetful(2, () => true),
      faults: ["kill", "partition-link", "partition"],
    }),
  },
  {
    name: "empty voter votes",
    shows: ["I1", "I2", "I3", "I4", "I7", "I9"],
    from: 45,
    setting: () => ({
      ...PASSIVE,
      ...forgetful(2, (isLost) => isLost),
      thinkMs: 40,
      intercept: missesAccepts("b", 5000),
      faults: ["lose-voter-disk", "partition", "kill"],
    }),
  },
  {
    name: "ballot reuse",
    shows: ["I1", "I2", "I3", "I7"],
    from: 9,
    setting: () => ({
      ...PASSIVE,
      regions: 2,
      thinkMs: 40,
      faults: ["failover", "switchover", "kill"],
      routingRules: routing({
        ballotIncarnation: () => 0,
        nextBallotNumber: (highest) => Math.max(1, highest),
        mayPromise: (promised, ballot) =>
          promised === undefined || ROUTING_RULES.mayAccept(promised, ballot),
      }),
    }),
  },
  {
    name: "remaining read at prepare",
    shows: ["I1"],
    from: 30,
    setting: () => ({
      ...LOCAL,
      regions: 2,
      thinkMs: 3,
      stormMs: 3000,
      intercept: remainingAtPrepare(),
      faults: ["failover"],
    }),
  },
  {
    name: "gate not checked at all",
    shows: ["I1", "I1b"],
    setting: () => ({
      ...LOCAL,
      regionRules: region({ mayWrite: () => true, mayAcknowledge: () => true }),
      faults: ["partition", "freeze", "fence"],
    }),
  },
  {
    name: "gate not repeated after durability",
    shows: ["I1", "I1b"],
    setting: () => ({
      ...LOCAL,
      regions: 2,
      regionRules: region({ mayAcknowledge: () => true }),
      faults: ["freeze", "slow-disk"],
    }),
  },
  {
    name: "same epoch after restart",
    shows: ["I1", "I3", "I7", "assertion"],
    setting: () => ({
      ...REPLICATED,
      regionRules: region({ mustTakeNextEpochAfterRestart: () => false }),
      routingRules: routing({
        mayRenew: (record, from, epoch) =>
          record.phase === "serving" &&
          record.epoch === epoch &&
          record.serving.some((holder) => holder.region === from.region),
      }),
      faults: ["kill", "zombie"],
    }),
  },
  {
    name: "an incarnation is taken again after the disk was lost",
    shows: ["I1", "I3"],
    setting: () => ({
      ...REPLICATED,
      regionRules: region({ mayAct: () => true }),
      faults: ["lose-disk", "restore-disk"],
    }),
  },
  {
    name: "acknowledge with one other (three regions)",
    shows: ["I3"],
    from: 16,
    setting: () => ({
      ...REPLICATED,
      regions: 3,
      regionRules: region({
        committed: (own, matches) =>
          matches.length === 0 ? own : Math.min(own, Math.max(...matches)),
      }),
    }),
  },
  {
    name: "shrink before known",
    shows: ["I3"],
    from: 22,
    setting: () => ({
      ...REPLICATED,
      regionRules: region({
        setsWhileProposed: (sets, proposed) =>
          proposed.length < (sets[0]?.length ?? 0) ? [proposed] : [...sets, proposed],
      }),
      faults: ["partition", "partition-link", "partition-one-way", "kill", "freeze", "slow"],
    }),
  },
  {
    name: "grow after known",
    shows: ["I3"],
    from: 369,
    setting: () => ({
      ...REPLICATED,
      regionRules: region({
        requiredFor: (sets, _growing, self) =>
          REGION_RULES.requiredFor(sets.slice(0, 1), undefined, self),
        mayProposeGrow: () => true,
      }),
      faults: ["partition", "partition-link", "kill", "freeze", "slow"],
    }),
  },
  {
    name: "answer before committed",
    shows: ["I9"],
    from: 11,
    setting: () => ({ ...REPLICATED, regionRules: region({ mayAnswer: () => true }) }),
  },
  {
    name: "cut fixed before the fence",
    shows: ["I3", "I9"],
    setting: () => ({
      ...REPLICATED,
      ...cutWhenProposed(),
      faults: ["partition-link", "partition-one-way", "failover", "slow"],
    }),
  },
  {
    name: "apply beyond cut",
    shows: ["I7", "I8", "I3", "assertion"],
    from: 7,
    setting: () => ({ ...REPLICATED, regionRules: region({ mustStrand: () => false }) }),
  },
  {
    name: "fence not raised",
    shows: ["I1", "I3", "I6", "I7", "I9", "assertion"],
    from: 30,
    setting: () => ({
      ...REPLICATED,
      regions: 3,
      thinkMs: 5,
      stormMs: 2000,
      intercept: deafHolder(400),
      regionRules: region({ isFenced: () => false }),
      faults: ["failover"],
    }),
  },
  {
    name: "merge by wall clock only",
    shows: ["I7"],
    from: 13,
    setting: () => ({
      mode: "active-active",
      regionRules: region({
        compareWrites: (a, b) => Math.floor(a.clock / 1024) - Math.floor(b.clock / 1024),
      }),
    }),
  },
  {
    name: "tombstone dropped early",
    shows: ["I7"],
    setting: () => ({
      mode: "active-active",
      durability: "local",
      regionRules: region({ collectsThrough: (_stable, now) => now, floorOf: () => 0 }),
      faults: ["partition", "partition-link", "slow"],
    }),
  },
  {
    name: "apply out of order",
    shows: ["assertion"],
    setting: () => ({ ...REPLICATED, regionRules: region({ continues: () => true }) }),
  },
  {
    name: "idempotency outside the transaction",
    shows: ["I6"],
    setting: () => ({
      ...PASSIVE,
      regionRules: region({ recordsIdempotencyWithWrite: () => false }),
    }),
  },
  {
    name: "a region decides for a name that is another's",
    shows: ["I14", "I15"],
    setting: () => ({ ...HOMES, regionRules: region({ isHome: () => true }) }),
  },
  {
    name: "a claimed name opens before the leases of the region that is gone have run out",
    shows: ["I14"],
    from: 2,
    setting: () => ({
      ...HOMES,
      faults: ["partition"],
      regionRules: region({ homeOpensAfterMs: () => 0 }),
    }),
  },
  {
    name: "a name is handed over before the log",
    shows: ["I15"],
    from: 211,
    setting: () => ({ ...HOMES, regionRules: region({ followsHome: () => true }) }),
  },
];
