/**
 * The legal changes of a routing record; everything else is refused with the reason. *pure*
 *
 * Each function takes the record as the register holds it and gives the next one, or says why not.
 * They run inside a round, on the value that a quorum just told, so what they check is true then.
 */
import type { WallMs } from "../../base/clock.ts";
import {
  type Cause,
  type Durability,
  type Holder,
  holds,
  isLeaving,
  JOURNAL_KEPT,
  type Mode,
  type Phase,
  type Policy,
  type RoutingRecord,
  servingRegionsOf,
} from "./record.ts";

export interface Change {
  readonly changeId: string;
  readonly at: WallMs;
  readonly by: string;
  readonly reason: string;
  readonly acceptedDataLoss?: true;
}

export type Changed =
  | { readonly ok: true; readonly record: RoutingRecord }
  | { readonly ok: false; readonly reason: string };

export const refuse = (reason: string): Changed => ({ ok: false, reason });

export function next(
  record: RoutingRecord,
  cause: Cause,
  change: Change,
  fields: Partial<
    Pick<
      RoutingRecord,
      | "serving"
      | "phase"
      | "inSyncRegions"
      | "inSyncTarget"
      | "forced"
      | "policy"
      | "primary"
      | "regions"
      | "leaving"
      | "takeover"
      | "homes"
    >
  >,
): Changed {
  const serving = fields.serving ?? record.serving;
  const moved = serving !== record.serving || cause === "unfence";
  const epoch = record.epoch + (moved ? 1 : 0);
  const version = record.version + 1;
  const entry = {
    version,
    changeId: change.changeId,
    at: change.at,
    cause,
    by: change.by,
    reason: change.reason,
    from: servingRegionsOf(record),
    to: serving.map((holder) => holder.region),
    epoch,
    ...(change.acceptedDataLoss ? { acceptedDataLoss: change.acceptedDataLoss } : {}),
  };
  const journal = [...record.journal, entry].slice(-JOURNAL_KEPT);
  return {
    ok: true,
    record: { ...record, ...fields, version, epoch, changeId: change.changeId, journal },
  };
}

export interface AppTerms {
  readonly app: string;
  readonly mode: Mode;
  readonly durability: Durability;
  readonly regions: readonly string[];
  readonly inSyncTarget: number;
  readonly policy: Policy;
}

/** The first record of an app: its first region serves it, alone in sync until others caught up. */
export function create(terms: AppTerms, holder: Holder, change: Change): RoutingRecord {
  const empty: RoutingRecord = {
    app: terms.app,
    version: 0,
    epoch: 0,
    mode: terms.mode,
    durability: terms.durability,
    primary: terms.regions[0] ?? holder.region,
    regions: terms.regions,
    serving: [],
    phase: "serving",
    policy: terms.policy,
    inSyncRegions: [holder.region],
    inSyncTarget: terms.inSyncTarget,
    forced: false,
    changeId: "",
    journal: [],
  };
  const created = next(empty, "create", change, { serving: [holder] });
  return created.ok ? created.record : empty;
}

/** An operator's word: what was acknowledged may be missing. */
export const withLoss = (change: Change): Change => ({ ...change, acceptedDataLoss: true });

/**
 * `taker` becomes the holder in place of the serving region (active-passive). `forced` when it may
 * lack acknowledged writes: an operator's word, never a decision of the machine.
 */
export function takeOver(
  record: RoutingRecord,
  taker: Holder,
  options: { readonly forced: boolean; readonly cause: Cause },
  change: Change,
): Changed {
  if (record.phase === "fenced") return refuse("the app is fenced: unfence it first");
  if (holds(record, taker)) return refuse(`${taker.region} serves it already`);
  if (!record.regions.includes(taker.region)) return refuse(`${taker.region} is no region of it`);
  const inSync = record.inSyncRegions.includes(taker.region);
  if (record.durability === "replicated" && !inSync && !options.forced) {
    return refuse(`${taker.region} is not in sync: acknowledged writes would be lost`);
  }
  const others = record.serving.map((h) => h.region).filter((region) => region !== taker.region);
  const kept = options.forced
    ? [taker.region]
    : [
        taker.region,
        ...record.inSyncRegions.filter((r) => r !== taker.region && !others.includes(r)),
      ];
  const leaving = record.leaving?.filter((region) => region !== taker.region);
  // Nobody knows whether the forced epoch was ever begun: its start says what may be missing.
  const isOwn = record.serving.some(({ region }) => region === taker.region);
  // Of a `local` app any taker may lack what was acknowledged.
  const mayLack = options.forced || record.durability === "local";
  const { acceptedDataLoss: _, ...lossless } = change;
  return next(record, options.cause, mayLack ? change : lossless, {
    serving: [taker],
    inSyncRegions: kept,
    forced: options.forced || (record.forced && isOwn),
    ...(isOwn ? {} : { takeover: { state: "due" } }),
    ...(leaving === undefined ? {} : { leaving }),
  });
}

/** Planned: the holder, its gate closed and everything shipped, names its successor. */
export function switchOver(
  record: RoutingRecord,
  from: Holder,
  to: Holder,
  cause: Cause,
  change: Change,
): Changed {
  if (record.phase === "fenced") return refuse("the app is fenced: unfence it first");
  if (!holds(record, from)) return refuse(`${from.region} does not serve it`);
  if (isLeaving(record, to.region)) return refuse(`${to.region} is being removed`);
  if (!record.regions.includes(to.region)) return refuse(`${to.region} is no region of it`);
  if (record.durability === "replicated" && !record.inSyncRegions.includes(to.region)) {
    return refuse(`${to.region} is not in sync yet`);
  }
  return next(record, cause, change, {
    serving: [to],
    forced: false,
    takeover: { state: "due" },
  });
}

/** The holder goes on in a new epoch, after a switchover that did not happen. */
export function reopen(record: RoutingRecord, self: Holder, change: Change): Changed {
  if (!holds(record, self)) return refuse(`${self.region} does not serve it`);
  return next(record, "reopen", change, { serving: [self] });
}

export function setInSync(
  record: RoutingRecord,
  by: Holder,
  regions: readonly string[],
  change: Change,
): Changed {
  if (!holds(record, by)) return refuse(`${by.region} does not serve it`);
  if (!regions.includes(by.region)) return refuse("a holder is always in sync with itself");
  const stranger = regions.find((region) => !record.regions.includes(region));
  if (stranger !== undefined) return refuse(`${stranger} is no region of it`);
  return next(record, "in-sync", change, { inSyncRegions: regions });
}

/** Active-active: a region begins to serve beside the others, as this incarnation. */
export function join(record: RoutingRecord, self: Holder, change: Change): Changed {
  if (record.mode !== "active-active")
    return refuse("only an active-active app has several holders");
  if (record.phase === "fenced") return refuse("the app is fenced: unfence it first");
  if (holds(record, self)) return refuse(`${self.region} serves it already`);
  if (!record.regions.includes(self.region)) return refuse(`${self.region} is no region of it`);
  if (isLeaving(record, self.region)) return refuse(`${self.region} is being removed`);
  const others = record.serving.filter((h) => h.region !== self.region);
  const ranked = [...others, self].sort(
    (a, b) => record.regions.indexOf(a.region) - record.regions.indexOf(b.region),
  );
  return next(record, "join", change, { serving: ranked });
}

/** Active-active: the others go on without a region that a majority suspects. */
export function leave(record: RoutingRecord, gone: Holder, change: Change): Changed {
  if (!holds(record, gone)) return refuse(`${gone.region} does not serve it`);
  const serving = record.serving.filter((h) => h.region !== gone.region);
  if (serving.length === 0) return refuse("the last serving region does not leave");
  const inSyncRegions = record.inSyncRegions.filter((r) => r !== gone.region);
  return next(record, "leave", change, {
    serving,
    inSyncRegions: inSyncRegions.length > 0 ? inSyncRegions : serving.map((h) => h.region),
  });
}

export function fence(record: RoutingRecord, change: Change): Changed {
  if (record.phase === "fenced") return refuse("the app is fenced already");
  return next(record, "fence", change, { phase: "fenced" satisfies Phase });
}

export function unfence(record: RoutingRecord, change: Change): Changed {
  if (record.phase !== "fenced") return refuse("the app is not fenced");
  return next(record, "unfence", change, {
    phase: "serving" satisfies Phase,
    ...(record.takeover === undefined ? {} : { takeover: { state: "due" } }),
  });
}

/** What the app's definition says now, where it was changed since the record was made. */
export function setTerms(
  record: RoutingRecord,
  terms: Pick<AppTerms, "policy" | "inSyncTarget">,
  change: Change,
): Changed {
  const { policy, inSyncTarget } = terms;
  if (record.policy === policy && record.inSyncTarget === inSyncTarget) {
    return refuse("the record says so already");
  }
  return next(record, "policy", change, { policy, inSyncTarget });
}

/** Whether a change is part of a record's history, as far back as the journal reaches. */
export const contains = (record: RoutingRecord, changeId: string): boolean =>
  record.changeId === changeId || record.journal.some((entry) => entry.changeId === changeId);
