/**
 * From the faults an operator has injected to what each process does to its messages. *pure*
 *
 * A cut is made at both ends, so that what was on its way is dropped as well; a delay or a loss is
 * made at the sending end only, or it would count twice.
 */
import { ConfigurationError } from "../../../base/errors.ts";
import { FRONT_DOOR_SITE, WITNESS_SITE } from "../link/address.ts";
import type { Fault, LinkFaults, SiteFaults } from "../link/fault.ts";
import type { RoundTrip } from "./round-trip.ts";
import { oneWayMs } from "./round-trip.ts";

export type Direction = "in" | "out" | "both";

export const FAULT_KINDS = [
  "kill",
  "freeze",
  "thaw",
  "restart",
  "partition",
  "slow",
  "break-health",
  "overload",
  "heal",
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** As an operator asks for it. */
export interface FaultRequest {
  readonly kind: FaultKind;
  /** Regions' ids, "witness" or "front-door"; which of them a kind takes: SITES_OF. */
  readonly regions: readonly string[];
  readonly options: {
    readonly direction?: Direction;
    readonly delayMs?: number;
    readonly jitterMs?: number;
    readonly loss?: number;
    /** Of an overload: what is taken of the region's time, and for how long. */
    readonly share?: number;
    readonly durationMs?: number;
  };
}

/** One that the network has until it is healed. One site: all its links; two: the one between. */
export interface NetworkFault {
  readonly kind: "partition" | "slow";
  readonly sites: readonly string[];
  /** Seen from the first site. */
  readonly direction: Direction;
  readonly fault: Fault;
  /** When it was injected, by the wall clock, and by whom. */
  readonly since?: number;
  readonly by?: string;
}

const MAX_DELAY_MS = 60_000;
const MAX_SHARE = 0.95;
const MAX_DURATION_MS = 600_000;
const USUAL_OVERLOAD = { share: 0.8, durationMs: 30_000 };
const SITES_OF: Readonly<Record<FaultKind, readonly [least: number, most: number]>> = {
  kill: [1, 9],
  freeze: [1, 9],
  thaw: [1, 9],
  restart: [1, 9],
  partition: [1, 2],
  slow: [1, 2],
  "break-health": [1, 9],
  overload: [1, 9],
  heal: [0, 9],
};

function refuse(what: string, got: unknown, fix: string): never {
  throw new ConfigurationError({ what, got, fix });
}

/** What came from outside, checked against the sites that exist. */
export function parseFaultRequest(body: unknown, sites: readonly string[]): FaultRequest {
  const { kind, regions, options } = (body ?? {}) as Record<string, unknown>;
  const known = FAULT_KINDS.find((name) => name === kind);
  if (known === undefined)
    return refuse("the kind of fault is unknown", kind, `Use one of ${FAULT_KINDS.join(", ")}.`);
  const named: unknown = regions ?? [];
  if (!Array.isArray(named))
    return refuse("regions is not a list", named, "Give a list of region ids.");
  for (const site of named) {
    if (!sites.includes(String(site)))
      refuse("no such region", site, `There are ${sites.join(", ")}.`);
  }
  const [least, most] = SITES_OF[known];
  if (named.length < least || named.length > most || new Set(named).size < named.length) {
    refuse(
      `\`fault ${known}\` takes ${least === most ? least : `${least} to ${most}`} different regions`,
      named,
      known === "partition"
        ? "Name one region to cut it off, or two to cut their link."
        : "Name them once each.",
    );
  }
  if (known === "overload") {
    for (const site of named) {
      if (site !== WITNESS_SITE && site !== FRONT_DOOR_SITE) continue;
      refuse("`fault overload` takes regions", site, "Name a region: the others serve no app.");
    }
  }
  return { kind: known, regions: named as string[], options: parseOptions(known, options) };
}

function parseOptions(kind: FaultKind, given: unknown): FaultRequest["options"] {
  const { direction, delayMs, jitterMs, loss, share, durationMs } = (given ?? {}) as Record<
    string,
    unknown
  >;
  if (
    direction !== undefined &&
    direction !== "in" &&
    direction !== "out" &&
    direction !== "both"
  ) {
    return refuse("the direction is unknown", direction, "Use in, out or both.");
  }
  for (const [name, value, most] of [
    ["delayMs", delayMs, MAX_DELAY_MS],
    ["jitterMs", jitterMs, MAX_DELAY_MS],
    ["loss", loss, 1],
    ["share", share, MAX_SHARE],
    ["durationMs", durationMs, MAX_DURATION_MS],
  ] as const) {
    if (value === undefined) continue;
    if (typeof value !== "number" || !(value >= 0 && value <= most)) {
      refuse(`${name} is not usable`, value, `Give a number from 0 to ${most}.`);
    }
  }
  if (kind === "slow" && !delayMs && !jitterMs && !loss) {
    refuse(
      "`fault slow` does nothing without a delay or a loss",
      given,
      "Add --delay 200 or --loss 0.05.",
    );
  }
  return {
    ...(direction === undefined ? {} : { direction }),
    ...(delayMs === undefined ? {} : { delayMs: delayMs as number }),
    ...(jitterMs === undefined ? {} : { jitterMs: jitterMs as number }),
    ...(loss === undefined ? {} : { loss: loss as number }),
    ...(share === undefined ? {} : { share: share as number }),
    ...(durationMs === undefined ? {} : { durationMs: durationMs as number }),
  };
}

/** What a region is told of an overload. */
export const overloadOf = ({ options }: FaultRequest): { share: number; durationMs: number } => ({
  share: options.share ?? USUAL_OVERLOAD.share,
  durationMs: options.durationMs ?? USUAL_OVERLOAD.durationMs,
});

/** The network fault that a request asks for; undefined for the other kinds. */
export function networkFaultOf(request: FaultRequest): NetworkFault | undefined {
  if (request.kind !== "partition" && request.kind !== "slow") return undefined;
  const { direction = "both", delayMs = 0, jitterMs = 0, loss = 0 } = request.options;
  const fault = request.kind === "partition" ? { drop: true } : { delayMs, jitterMs, loss };
  return { kind: request.kind, sites: request.regions, direction, fault };
}

/** Those that remain when the given sites are healed; all are healed when none is given. */
export const healed = (
  faults: readonly NetworkFault[],
  sites: readonly string[],
): NetworkFault[] =>
  sites.length === 0 ? [] : faults.filter((fault) => !fault.sites.some((s) => sites.includes(s)));

function hits(fault: NetworkFault, from: string, to: string): boolean {
  const [first = "", second] = fault.sites;
  const outward = from === first && (second === undefined || to === second);
  const inward = to === first && (second === undefined || from === second);
  return (outward && fault.direction !== "in") || (inward && fault.direction !== "out");
}

function onTheWay(
  from: string,
  to: string,
  roundTrip: RoundTrip,
  faults: readonly NetworkFault[],
): Fault {
  let drop = false;
  let delayMs = oneWayMs(roundTrip, from, to);
  let jitterMs = 0;
  let arriving = 1;
  for (const { fault } of faults.filter((candidate) => hits(candidate, from, to))) {
    drop ||= fault.drop === true;
    delayMs += fault.delayMs ?? 0;
    jitterMs += fault.jitterMs ?? 0;
    arriving *= 1 - (fault.loss ?? 0);
  }
  if (drop) return { drop };
  return {
    ...(delayMs > 0 ? { delayMs } : {}),
    ...(jitterMs > 0 ? { jitterMs } : {}),
    ...(arriving < 1 ? { loss: 1 - arriving } : {}),
  };
}

/** For each site, what it does to messages from and to each other one. */
export function planFaults(
  sites: readonly string[],
  roundTrip: RoundTrip,
  faults: readonly NetworkFault[],
): Readonly<Record<string, LinkFaults>> {
  const plan: Record<string, Record<string, SiteFaults>> = {};
  for (const here of sites) {
    const mine: Record<string, SiteFaults> = {};
    for (const there of sites) {
      if (there === here) continue;
      const out = onTheWay(here, there, roundTrip, faults);
      const isCutOff = onTheWay(there, here, roundTrip, faults).drop === true;
      const both = {
        ...(Object.keys(out).length > 0 ? { out } : {}),
        ...(isCutOff ? { in: { drop: true } } : {}),
      };
      if (Object.keys(both).length > 0) mine[there] = both;
    }
    plan[here] = mine;
  }
  return plan;
}
