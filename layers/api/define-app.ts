/**
 * How an application is described to Understudy: what it keeps, how it moves, what it answers.
 * *pure*; checked when the module is loaded, so that a mistake is met before anything starts.
 */
import type { Hono } from "hono";
import type { WallMs } from "../../base/clock.ts";
import type { ImageProcessor } from "../images/port.ts";
import type { KeyValueStore } from "../key-value/port.ts";
import type { TableDefinition } from "../key-value/table.ts";
import type { Routing } from "../routing/port.ts";
import type { Durability, Mode, Policy } from "../routing/record.ts";
import type { AppApi } from "./app-api.ts";
import { checkApp } from "./check-app.ts";
import type { Job } from "./jobs.ts";
import type { Log } from "./log.ts";
import type { AppObjects } from "./objects/app-objects.ts";
import { objectTable } from "./objects/object-table.ts";
import type { LoadSampleContent } from "./sample-content.ts";

/** What an app's routes are given; one per app and region. */
export interface AppContext {
  readonly appId: string;
  readonly region: string;
  readonly store: KeyValueStore;
  readonly tables: readonly TableDefinition[];
  /** Bytes under names; only of an app with buckets. */
  readonly objects: AppObjects;
  /** From bytes that claim to be a picture to pictures that are safe to keep. */
  readonly images: ImageProcessor;
  readonly routing: Routing;
  /** The region's wall clock. */
  readonly now: () => WallMs;
  /** A new id, unique across regions. */
  readonly ids: () => string;
  /** SHA-256 as base64url. */
  readonly digest: (text: string) => string;
  readonly log: Log;
  /** Ends what would not end by itself, such as an event stream, when the region goes down. */
  readonly closing: AbortSignal;
}

export interface Objectives {
  /** From the loss of a region to sustained success. */
  readonly rtoMs: number;
  /** Acknowledged writes that may be missing in the new region, in time. */
  readonly rpoMs: number;
}

/** The epoch that a takeover step prepares. */
export interface TakeoverRun {
  readonly epoch: number;
  /**
   * Aborts when the step is over for this region: late, or the epoch has ended, or the lease has
   * lapsed, so that another region may be about to serve. Hand it on to what the step waits for.
   */
  readonly signal: AbortSignal;
}

/**
 * What has to be done in a region before it may write for an app that served in another one:
 * promote the replica of a database, scale a service. Steps run in their order, each after the one
 * before; writes are admitted after the last.
 */
export interface TakeoverStep {
  readonly name: string;
  /** A step that takes longer has failed: the app is fenced then, and `unfence` repeats all steps. */
  readonly timeoutMs: number;
  /**
   * Must be idempotent: it runs again when the region ends in the middle, or loses its lease for a
   * moment. Throws, or rejects, where it failed.
   */
  readonly run: (context: AppContext, run: TakeoverRun) => Promise<void>;
}

/** Whether an app moves by itself when its region is lost; `manual`: by an operator's word alone. */
export type FailoverPolicy = Policy;

export interface AppDefinition {
  /** First segment of the app's addresses. */
  readonly id: string;
  readonly mode: Mode;
  readonly durability: Durability;
  /** Absent: those of the deployment. */
  readonly objectives?: Objectives;
  /** Default `automatic`. An active-active app serves everywhere and does not move. */
  readonly failover?: FailoverPolicy;
  /**
   * How many regions have to be in sync, the one that serves among them, so that writes are
   * admitted; with fewer, writes are refused and reads go on. Default 1. `replicated` apps only.
   */
  readonly minInSync?: number;
  /**
   * Names for which one region decides at a time, such as the warehouse whose last copy only one
   * may sell; by name, the regions that should decide, the first that serves before the others. All
   * other regions come after them. See docs/concepts/homes.md.
   */
  readonly homes?: Readonly<Record<string, readonly string[]>>;
  readonly tables: readonly TableDefinition[];
  /** Names of the object buckets. */
  readonly buckets?: readonly string[];
  readonly api: (context: AppContext) => AppApi | Hono;
  /** Segments below `/{id}` that are the API's; everything else below it is pages. */
  readonly apiPaths?: readonly string[];
  readonly health?: {
    /** Slower than this counts as a failure. */
    readonly limitMs?: number;
    /** A bounded check of the app's own; throws, or rejects, when the region cannot serve. */
    readonly check?: (context: AppContext) => Promise<void>;
  };
  /** Run when another region than before begins to serve. Only of an active-passive app. */
  readonly takeover?: readonly TakeoverStep[];
  /** Work that nobody asks for, once in each slot of time (docs/concepts/jobs.md). */
  readonly jobs?: readonly Job[];
  /** `title`: what the console and the views call the app; default its id. */
  readonly web?: { readonly title: string };
  /** Loaded by the first start of a data directory, unless `--empty` is given. */
  readonly sampleContent?: LoadSampleContent;
}

/** Throws a ConfigurationError that says what was wrong, the value got, and the fix. */
export function defineApp(app: AppDefinition): AppDefinition {
  checkApp(app);
  const hasBuckets = (app.buckets ?? []).length > 0;
  const tables =
    hasBuckets && !app.tables.includes(objectTable) ? [...app.tables, objectTable] : app.tables;
  return Object.freeze({ ...app, tables });
}
