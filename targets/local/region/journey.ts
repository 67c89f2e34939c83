/**
 * The health journey: once a second per app, what a write and a read go through. *shell*
 *
 * A row is written to the store under a key of its own (ungated, unreplicated), waited for until it
 * is on disk, and read back; then the app's own check runs. Each has the app's time limit. A disk
 * that is full fails it even while the log, which is allocated ahead, still takes rows. It costs
 * the same whatever the tables hold, and nothing about other regions can make it fail.
 */
import type { Instant } from "../../../base/clock.ts";
import { explainError } from "../../../base/errors.ts";
import type {
  AppContext,
  AppDefinition,
  AppGuard,
  HealthReport,
} from "../../../layers/api/index.ts";
import { tuple } from "../../../layers/key-value/key.ts";
import {
  DEFAULT_HEALTH_TERMS,
  HEALTHY,
  type Health,
  nextHealth,
} from "../../../layers/routing/health.ts";
import type { LmdbEngine } from "../lmdb-engine.ts";

export interface Journey {
  /** As last made; undefined before the first. */
  readonly report: HealthReport | undefined;
  /** After hysteresis: what the region's renewals say of the app. */
  readonly healthy: boolean;
  /** The route is broken on purpose, by an operator who tries out what then happens. */
  breakIt(broken: boolean): void;
  stop(): void;
}

const EVERY_MS = 1000;
const DEFAULT_LIMIT_MS = 1000;
const BROKEN = "the health route was broken on purpose (understudy fault break-health)";

export interface JourneyOptions {
  readonly app: AppDefinition;
  readonly context: AppContext;
  readonly engine: LmdbEngine;
  readonly now: () => Instant;
  readonly guard: AppGuard;
  readonly changed: (healthy: boolean) => void;
}

export function startJourney(options: JourneyOptions): Journey {
  const { app, context, engine, now, guard, changed } = options;
  const limitMs = app.health?.limitMs ?? DEFAULT_LIMIT_MS;
  let report: HealthReport | undefined;
  let health: Health = HEALTHY;
  let isBroken = false;
  let isUnderWay = false;

  const tell = (reasons: readonly string[], begun: Instant): void => {
    const { mono, wall } = now();
    const tookMs = Math.round((mono - begun.mono) * 100) / 100;
    report = { healthy: reasons.length === 0, reasons, checkedOnMs: Math.round(wall), tookMs };
    const before = health.healthy;
    health = nextHealth(health, report.healthy, DEFAULT_HEALTH_TERMS);
    if (health.healthy !== before) changed(health.healthy);
  };
  const make = async (): Promise<void> => {
    if (isUnderWay) return;
    isUnderWay = true;
    const begun = now();
    const reasons: string[] = [];
    try {
      if (isBroken) throw new Error(BROKEN);
      // Before writes fail: another region may take over while this one still can hand on.
      const { trouble } = engine;
      if (trouble !== undefined) throw new Error(`the disk refuses writes: ${trouble.message}`);
      await within(limitMs, "the store", writeAndRead(engine, app.id, begun.wall));
      const check = app.health?.check;
      if (check !== undefined) {
        const checked = guard.run(app.id, () => check(context));
        await within(limitMs, "the app's own check", checked);
      }
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : explainError(error));
    }
    isUnderWay = false;
    tell(reasons, begun);
  };
  const timer = setInterval(() => void make(), EVERY_MS);
  void make();
  return {
    get report() {
      return report;
    },
    get healthy() {
      return health.healthy;
    },
    breakIt: (broken) => {
      isBroken = broken;
    },
    stop: () => clearInterval(timer),
  };
}

async function writeAndRead(engine: LmdbEngine, app: string, at: number): Promise<void> {
  const key = tuple("h", app);
  engine.transact((writer) => writer.put(key, { at }));
  const { sequence } = engine;
  await flushed(engine, sequence);
  const read = engine.get(key) as { at?: number } | undefined;
  if (read?.at !== at) throw new Error("the row that was written is not the row that is read");
}

const waiting = new WeakMap<LmdbEngine, { sequence: number; go: () => void }[]>();

/** The engine's listeners are for ever, so one serves all journeys. */
function flushed(engine: LmdbEngine, sequence: number): Promise<void> {
  let list = waiting.get(engine);
  if (list === undefined) {
    const made: { sequence: number; go: () => void }[] = [];
    list = made;
    waiting.set(engine, made);
    engine.onFlushed((through) => {
      while ((made[0]?.sequence ?? Number.POSITIVE_INFINITY) <= through) made.shift()?.go();
    });
  }
  const line = list;
  return new Promise((go) => line.push({ sequence, go }));
}

function within<Value>(limitMs: number, what: string, work: Promise<Value>): Promise<Value> {
  return new Promise((resolve, reject) => {
    const late = (): void => reject(new Error(`${what} did not answer within ${limitMs} ms`));
    const timer = setTimeout(late, limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
