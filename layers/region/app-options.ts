/** What the cores of a region take from the definition of an app; the same in every target. *pure* */
import type { TableDefinition } from "../key-value/table.ts";
import type { Durability, Mode, Policy } from "../routing/record.ts";
import type { AppOptions } from "./app-parts.ts";

/** The part of an app's definition that decides how it moves and what is acknowledged. */
export interface DefinedApp {
  readonly id: string;
  readonly mode: Mode;
  readonly durability: Durability;
  readonly tables: readonly TableDefinition[];
  readonly objectives: { readonly rtoMs: number; readonly rpoMs: number };
  readonly failover?: Policy;
  readonly minInSync?: number;
  readonly homes?: Readonly<Record<string, readonly string[]>>;
  readonly takeover?: readonly { readonly name: string; readonly timeoutMs: number }[];
  readonly web?: { readonly title: string };
}

/** A region that lost an app is no automatic destination for so long. */
const COOL_DOWN_MS = 1000;
/** The primary and the nearest; an app may need more (`minInSync`). */
const IN_SYNC_TARGET = 2;

export function appOptionsOf(app: DefinedApp, regions: readonly string[]): AppOptions {
  const { minInSync = 1, failover = "automatic" } = app;
  return {
    app: app.id,
    title: app.web?.title ?? app.id,
    mode: app.mode,
    durability: app.durability,
    regions,
    inSyncTarget: Math.max(IN_SYNC_TARGET, minInSync),
    minInSync,
    policy: failover,
    tables: app.tables,
    takeover: (app.takeover ?? []).map(({ name, timeoutMs }) => ({ name, timeoutMs })),
    rtoMs: app.objectives.rtoMs,
    rpoMs: app.objectives.rpoMs,
    coolDownMs: COOL_DOWN_MS,
    ...(app.homes === undefined ? {} : { homes: app.homes }),
  };
}
