/**
 * Opens a store's tables before anything of the region uses them. *shell*
 *
 * The decisions are those of definitions.ts; a look at many rows leaves the thread now and then, so
 * that the voter's and the supervisor's messages are answered, and says how far it is.
 */
import { setImmediate } from "node:timers/promises";
import type { AppDefinition } from "../../../layers/api/index.ts";
import { openDefinitions } from "../../../layers/key-value/definitions.ts";
import type { LmdbEngine } from "../lmdb-engine.ts";
import type { RegionLog } from "./log.ts";

const TOLD_EVERY_MS = 1000;

/** Rejects with a ConfigurationError where the data does not fit what the apps define. */
export async function openTables(
  engine: LmdbEngine,
  apps: readonly AppDefinition[],
  { log, opening }: { readonly log: RegionLog; readonly opening: (what: string) => void },
): Promise<void> {
  let toldAt = performance.now();
  for (const { id, tables } of apps) {
    const comparing = openDefinitions(engine, id, tables);
    let step = comparing.next();
    for (; step.done !== true; step = comparing.next()) {
      if (performance.now() - toldAt > TOLD_EVERY_MS) {
        toldAt = performance.now();
        const { table, done } = step.value;
        log.info({ event: "tables", app: id, table, done }, "rows are compared with the schema");
        opening(`${done} rows of ${id}'s table ${table} are compared with its schema so far`);
      }
      await setImmediate();
    }
    for (const notice of step.value) log.warn({ event: "tables", app: id }, notice);
  }
  await onDisk(engine);
}

function onDisk(engine: LmdbEngine): Promise<void> {
  const { sequence } = engine;
  if (engine.flushedSequence >= sequence) return Promise.resolve();
  return new Promise((resolve) =>
    engine.onFlushed((flushed) => {
      if (flushed >= sequence) resolve();
    }),
  );
}
