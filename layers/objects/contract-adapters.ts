/**
 * The adapters of the object ports that run their laws, and what each can do.
 * *contract*, *public*
 *
 * As in layers/key-value/contract-adapters.ts: abilities decide which laws are put to an adapter.
 */
export interface ObjectAbilities {
  readonly regions: 1 | 2;
  /** Regions that take writes at the same time. */
  readonly writers: "first" | "all";
  /** `ifAbsent` and `ifVersion` hold; where they could not, they are refused as misuse. */
  readonly conditions: boolean;
  /** A row is refused when the bytes it names are not there. */
  readonly checksNames: boolean;
  /** What was acknowledged is served by the second region when the first is gone. */
  readonly failsOver: boolean;
  /** Rows can be let through while bytes are held. */
  readonly holdsBytes: boolean;
  /** A region's process can be ended. */
  readonly kills: boolean;
  /** The files on a region's disk can be looked at. */
  readonly showsFiles: boolean;
}

const ALONE: ObjectAbilities = {
  regions: 1,
  writers: "first",
  conditions: true,
  checksNames: false,
  failsOver: false,
  holdsBytes: false,
  kills: false,
  showsFiles: false,
};
const IN_REGIONS: ObjectAbilities = {
  regions: 2,
  writers: "first",
  conditions: true,
  checksNames: true,
  failsOver: false,
  holdsBytes: true,
  kills: true,
  showsFiles: true,
};
const ACTIVE_ACTIVE: ObjectAbilities = { ...IN_REGIONS, conditions: false };
const TWO_WRITERS: ObjectAbilities = { ...ACTIVE_ACTIVE, writers: "all" };
const FAILS_OVER: ObjectAbilities = { ...IN_REGIONS, failsOver: true };

export const OBJECT_ADAPTERS = {
  "rows and bytes in memory": ALONE,
  "rows in a key-value store, bytes in memory": ALONE,
  "simulated, active-passive, replicated": FAILS_OVER,
  "simulated, active-passive, local": IN_REGIONS,
  "simulated, active-active, replicated": ACTIVE_ACTIVE,
  "simulated, active-active, local": TWO_WRITERS,
  "on disk, active-passive, replicated": FAILS_OVER,
  "on disk, active-active, local": TWO_WRITERS,
} as const satisfies Readonly<Record<string, ObjectAbilities>>;

export type ObjectAdapterName = keyof typeof OBJECT_ADAPTERS;
