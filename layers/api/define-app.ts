/**
 * How an application is described to Understudy: what it keeps, how it moves, what it answers.
 * *pure*; checked when the module is loaded, so that a mistake is met before anything starts.
 */
import type { Hono } from "hono";
import type { WallMs } from "../../base/clock.ts";
import { ConfigurationError } from "../../base/errors.ts";
import type { ImageProcessor } from "../images/port.ts";
import type { KeyValueStore } from "../key-value/port.ts";
import type { TableDefinition } from "../key-value/table.ts";
import { bucketProblem, OBJECTS } from "../objects/names.ts";
import type { Routing } from "../routing/port.ts";
import type { Durability, Mode } from "../routing/record.ts";
import type { AppApi } from "./app-api.ts";
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

export interface TakeoverStep {
  readonly name: string;
  readonly timeoutMs: number;
  /** Must be idempotent: it runs again when the region ends in the middle. */
  readonly run: (context: AppContext) => Promise<void>;
}

export interface AppDefinition {
  /** First segment of the app's addresses. */
  readonly id: string;
  readonly title?: string;
  readonly mode: Mode;
  readonly durability: Durability;
  readonly objectives: Objectives;
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
  readonly takeover?: readonly TakeoverStep[];
  readonly web?: { readonly title: string };
  /** Loaded by the first start of a data directory, unless `--empty` is given. */
  readonly sampleContent?: LoadSampleContent;
}

const APP_ID = /^[a-z][a-z0-9-]{1,30}$/;
const TAKEN_IDS = ["routing", "health", "metrics", "docs", "problems", "assets", "account"];

export function defineApp(app: AppDefinition): AppDefinition {
  const refuse = (what: string, got: unknown, fix: string): never => {
    throw new ConfigurationError({ what: `defineApp(${String(app.id)}): ${what}`, got, fix });
  };
  if (typeof app.id !== "string" || !APP_ID.test(app.id)) {
    refuse("id is not usable in addresses", app.id, "Use 2 to 31 of a-z, 0-9 and -, first a-z.");
  }
  if (TAKEN_IDS.includes(app.id)) {
    refuse("id is one of the platform's own", app.id, "Choose another.");
  }
  if (app.mode !== "active-passive" && app.mode !== "active-active") {
    refuse("mode is unknown", app.mode, "Use active-passive or active-active.");
  }
  if (app.durability !== "local" && app.durability !== "replicated") {
    refuse("durability is unknown", app.durability, "Use local or replicated.");
  }
  for (const name of ["rtoMs", "rpoMs"] as const) {
    const value: unknown = app.objectives?.[name];
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
      refuse(`objectives.${name} is missing`, value, "Give milliseconds, 0 or more.");
    }
  }
  const isLossy = app.mode === "active-passive" && app.durability === "local";
  if (isLossy && app.objectives.rpoMs === 0) {
    const fix = "Give more than 0, or make the app replicated: no region could ever take over.";
    refuse("objectives.rpoMs is more than a local app can keep", 0, fix);
  }
  if (!Array.isArray(app.tables)) refuse("tables is not a list", app.tables, "Give [] for none.");
  unique(
    app.tables.map((table) => table.name),
    "tables",
    refuse,
  );
  unique(app.buckets ?? [], "buckets", refuse);
  for (const bucket of app.buckets ?? []) {
    const problem = bucketProblem(bucket);
    if (problem !== undefined) refuse(problem, bucket, "Rename the bucket.");
  }
  unique(
    (app.takeover ?? []).map((step) => step.name),
    "takeover steps",
    refuse,
  );
  for (const step of app.takeover ?? []) {
    if (!(step.timeoutMs > 0)) {
      refuse(`takeover step ${step.name} is not time-limited`, step.timeoutMs, "Give timeoutMs.");
    }
  }
  if (app.sampleContent !== undefined && typeof app.sampleContent !== "function") {
    refuse("sampleContent is no function", app.sampleContent, "Give one, or leave it out.");
  }
  for (const path of app.apiPaths ?? []) {
    if (!/^[a-z][a-z0-9-]*$/.test(path)) {
      refuse("apiPaths holds more than one segment", path, "Give names such as api or wp-json.");
    }
  }
  if (typeof app.api !== "function") {
    refuse("api is missing", app.api, "Give a function from the context to the routes.");
  }
  const isAnothers = (table: TableDefinition) => table.name === OBJECTS && table !== objectTable;
  if (app.tables.some(isAnothers)) {
    refuse("a table has the name of the platform's own", OBJECTS, "Choose another.");
  }
  const hasBuckets = (app.buckets ?? []).length > 0;
  const tables =
    hasBuckets && !app.tables.includes(objectTable) ? [...app.tables, objectTable] : app.tables;
  return Object.freeze({ ...app, tables });
}

export function unique(
  names: readonly string[],
  what: string,
  refuse: (what: string, got: unknown, fix: string) => never,
): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse(`two ${what} have one name`, twice, "Rename one of them.");
}
