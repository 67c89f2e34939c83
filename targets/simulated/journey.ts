/**
 * The health journey in virtual time: a row written, on disk, read back; then the app's own check.
 * *shell*
 *
 * A disk without room for the largest transaction of the app fails it as well, before people's
 * writes are refused: the local target keeps such a reserve in bytes.
 *
 * One look every second, as in a real region; a look that has not ended when the next is due, or
 * within the app's limit, has failed.
 */
import type { Instant } from "../../base/clock.ts";
import { explainError } from "../../base/errors.ts";
import type { AppContext, AppDefinition, HealthReport } from "../../layers/api/index.ts";
import { tuple } from "../../layers/key-value/key.ts";
import type { MemoryEngine } from "../../layers/key-value/memory-engine.ts";
import { limits } from "../../layers/key-value/table.ts";
import {
  DEFAULT_HEALTH_TERMS,
  HEALTHY,
  type Health,
  nextHealth,
} from "../../layers/routing/health.ts";

export interface JourneyOptions {
  readonly app: AppDefinition;
  readonly context: AppContext;
  readonly engine: MemoryEngine;
  readonly now: () => Instant;
  readonly after: (delayMs: number, act: () => void) => void;
  readonly isBroken: () => boolean;
  readonly changed: (isHealthy: boolean) => void;
  /** Code of the app's own has been called: its promises run before the next event. */
  readonly called: () => void;
}

export interface Journey {
  readonly report: HealthReport | undefined;
}

const EVERY_MS = 1000;
const DEFAULT_LIMIT_MS = 1000;
/** Log entry, idempotency record with its index, and the journey's own row. */
const PLATFORM_ENTRIES = 8;
const BROKEN = "the health route was broken on purpose";

export function startJourney(options: JourneyOptions): Journey {
  const { app, engine, now, after } = options;
  const limitMs = Math.min(EVERY_MS, app.health?.limitMs ?? DEFAULT_LIMIT_MS);
  const needed = entriesNeeded(app);
  let report: HealthReport | undefined;
  let health: Health = HEALTHY;
  const tell = (reasons: readonly string[], begun: Instant): void => {
    const { mono, wall } = now();
    report = {
      healthy: reasons.length === 0,
      reasons,
      checkedOnMs: Math.round(wall),
      tookMs: mono - begun.mono,
    };
    const before = health.healthy;
    health = nextHealth(health, report.healthy, DEFAULT_HEALTH_TERMS);
    if (health.healthy !== before) options.changed(health.healthy);
  };
  const look = (): void => {
    after(EVERY_MS, look);
    const begun = now();
    let isOver = false;
    const end = (reason?: string): void => {
      if (isOver) return;
      isOver = true;
      tell(reason === undefined ? [] : [reason], begun);
    };
    after(limitMs, () => end(`no answer within ${limitMs} ms`));
    if (options.isBroken()) return end(BROKEN);
    const { room } = engine;
    if (room < needed) return end(`the disk has room for ${Math.max(0, room)} more entries only`);
    const key = tuple("h", app.id);
    try {
      engine.transact((writer) => writer.put(key, { at: begun.wall }));
    } catch (error) {
      return end((error as Error).message);
    }
    const { sequence } = engine;
    const read = (): void => {
      if (engine.flushedSequence < sequence) return isOver ? undefined : after(2, read);
      const check = app.health?.check;
      if (check === undefined) return end();
      options.called();
      // Within a promise, so that one that throws before it waits has failed as well.
      new Promise<void>((resolve) => resolve(check(options.context))).then(
        () => end(),
        (error: unknown) => end(error instanceof Error ? error.message : explainError(error)),
      );
    };
    after(2, read);
  };
  after(0, look);
  return {
    get report() {
      return report;
    },
  };
}

/** Of the largest transaction: each item with its index entries, and what the platform adds. */
function entriesNeeded({ tables }: AppDefinition): number {
  const indexes = tables.map((table) => Object.keys(table.indexes).length);
  return limits.transactionWrites * (1 + Math.max(0, ...indexes)) + PLATFORM_ENTRIES;
}
