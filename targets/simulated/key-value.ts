/**
 * The key-value port of a region in the simulated world. *adapter*
 *
 * The same store over the same cores as in a region process; the process's turns are virtual. A
 * call settles only while the world moves: `pump` moves it until the call has settled.
 */
import type { KeyValueStore } from "../../layers/key-value/port.ts";
import { createReplicatedStore, type ReplicatedStore } from "../../layers/region/store.ts";
import type { World } from "./world.ts";

export function createSimulatedKeyValueStore(
  world: World,
  region: string,
  appId: string,
): KeyValueStore {
  const node = world.node(region);
  const app = world.app(region, appId);
  const reads = world.reads(region, appId);
  if (app === undefined || reads === undefined) throw new RangeError(`${region} is down`);
  const turn = (): void => {
    const process = node.process;
    process?.run(() => {
      const now = node.instant();
      store.flush(now);
      process.region?.endTurn(now);
      store.tell();
    });
  };
  const store: ReplicatedStore = createReplicatedStore({
    app,
    reads,
    engine: node.engine,
    now: () => node.instant(),
    schedule: () => world.scheduler.after(0, turn),
  });
  const everyTurn = (): void => {
    turn();
    world.scheduler.after(1, everyTurn);
  };
  everyTurn();
  return store;
}

const LONGEST_MS = 20_000;

/** Moves the world until the promise has settled. */
export async function pump<Value>(world: World, pending: Promise<Value>): Promise<Value> {
  let isSettled = false;
  const settled = (): void => {
    isSettled = true;
  };
  pending.then(settled, settled);
  for (let waitedMs = 0; waitedMs < LONGEST_MS && !isSettled; waitedMs++) {
    world.advance(1);
    // Settled promises call back between two turns of the world.
    for (let hop = 0; hop < 4 && !isSettled; hop++) await Promise.resolve();
  }
  return pending;
}

/** The store with each call pumped: for callers that only know the port. */
export function pumped(
  world: World,
  store: KeyValueStore,
  run: <Value>(world: World, pending: Promise<Value>) => Promise<Value> = pump,
): KeyValueStore {
  return {
    get: (table, key, options) => run(world, store.get(table, key, options)),
    query: (table, query, options) => run(world, store.query(table, query, options)),
    transact: (writes, options) => run(world, store.transact(writes, options)),
    recall: (scope, key) => run(world, store.recall(scope, key)),
    subscribe: (listener) => store.subscribe(listener),
  };
}
