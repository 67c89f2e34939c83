/**
 * An app's key-value store in one region, over the cores. *shell*
 *
 *   transact --> queue --end of the turn, one transaction for all--> AppRegion.write --> outcome
 *   get, query, recall ----------------------------------------------> Reads.read ----> outcome
 *   subscribe <-- the tails of the logs, read up to what is committed
 *
 * It has no timers and no clock of its own: whoever runs the region calls `flush` and `tell` once a
 * turn, and is asked for a turn with `schedule`.
 *
 * Invariants
 *  T1 every call is answered exactly once: the cores answer or refuse each request   (flush, read)
 *  T2 a query waits for all that was written before it, since also what is missing from a page
 *     may be a write that is not yet committed                                       (query)
 *  T3 listeners hear of a change after it is committed here, never before            (tail)
 *  T4 listeners never hear of the platform's own tables, whose keys name users       (tail)
 * Not promised: a listener hears of each change once, or of items that a repair after a takeover
 * set back (the entries that are told again afterwards name what was written since).
 */
import type { Instant } from "../../base/clock.ts";
import { failed } from "../../base/outcome.ts";
import { AppUse } from "../key-value/app-use.ts";
import type { EngineReader } from "../key-value/engine.ts";
import { foundRow } from "../key-value/found.ts";
import { readItem, type Stored, versionOf } from "../key-value/items.ts";
import { isPlatformName } from "../key-value/platform-names.ts";
import type {
  Found,
  IdempotencyRecord,
  KeyValueStore,
  Page,
  Query,
  ReadOptions,
  ReadOutcome,
  TransactOptions,
  Write,
  WriteOutcome,
} from "../key-value/port.ts";
import { type QueryResult, runQuery } from "../key-value/query.ts";
import type { ItemKey, ItemOf, KeyOf, TableDefinition } from "../key-value/table.ts";
import type { AppRegion } from "./app-region.ts";
import type { WriteRequest } from "./holding.ts";
import type { Reads } from "./reads.ts";
import { recallKey } from "./used-keys.ts";

export interface ReplicatedStoreOptions {
  readonly app: AppRegion;
  readonly reads: Reads;
  readonly engine: EngineReader;
  readonly now: () => Instant;
  /** Asks for `flush` and `tell` at the end of this turn. */
  readonly schedule: () => void;
}

export interface ReplicatedStore extends KeyValueStore {
  /** Once a turn, before the region's own `endTurn`: hands in the writes that came since. */
  flush(now: Instant): void;
  /** Once a turn, after it: tells the listeners what is committed. */
  tell(): void;
}

type Listener = Parameters<KeyValueStore["subscribe"]>[0];

const TOLD_AT_ONCE = 256;

export function createReplicatedStore(options: ReplicatedStoreOptions): ReplicatedStore {
  const { app, reads, engine, now, schedule } = options;
  const { app: appId, tables, mode } = app.options;
  const use = new AppUse({ app: appId, tables, mode, region: app.site.self.region });
  let requests: WriteRequest[] = [];
  const listeners = new Set<Listener>();
  const tails = new Map<string, number>();

  const read = <Value, Result>(
    given: ReadOptions | undefined,
    run: (reader: EngineReader) => { value: Value; seen: readonly Stored[] | "everything" },
    map: (outcome: ReadOutcome<Value>) => ReadOutcome<Result>,
  ): Promise<ReadOutcome<Result>> =>
    new Promise((resolve, reject) => {
      reads.read<Value>(
        {
          consistency: given?.consistency,
          session: given?.session ?? [],
          run,
          answer: (outcome) => {
            // Within the cores' turn: what `map` throws is for who asked.
            try {
              resolve(map(outcome));
            } catch (error) {
              reject(error);
            }
          },
        },
        now(),
      );
      // A read that has to be confirmed by others asks them at the end of the turn.
      if (given?.consistency === "current") schedule();
    });

  const get = <Table extends TableDefinition>(
    table: Table,
    key: KeyOf<Table>,
    given?: ReadOptions,
  ): Promise<ReadOutcome<Found<ItemOf<Table>> | undefined>> => {
    const parsed = use.key(table, key);
    if (parsed.kind === "failed") return Promise.resolve(parsed);
    return read(
      given,
      (reader) => {
        const stored = readItem(reader, appId, table.name, parsed.value);
        return { value: stored, seen: stored === undefined ? [] : [stored] };
      },
      (outcome) =>
        outcome.kind === "ok"
          ? { ...outcome, value: foundOf(table, parsed.value, outcome.value) }
          : outcome,
    );
  };

  const query = <Table extends TableDefinition>(
    table: Table,
    asked: Query,
    given?: ReadOptions,
  ): Promise<ReadOutcome<Page<ItemOf<Table>>>> => {
    const problem = use.query(table, asked);
    if (problem !== undefined) return Promise.resolve(problem);
    const { index } = asked;
    if (index !== undefined && app.data.building.isPending(engine, table.name, index)) {
      const reason = `${table.name} has no ${index} yet: this region is building the index`;
      return Promise.resolve({ kind: "failed", code: "not-serving", reason });
    }
    return read<QueryResult, Page<ItemOf<Table>>>(
      given,
      (reader) => ({ value: runQuery(reader, appId, table, asked), seen: "everything" }),
      (outcome) => {
        if (outcome.kind === "failed") return outcome;
        const result = outcome.value;
        if (result.kind === "failed") return { ...result, code: "invalid" };
        const items = result.found.flatMap(({ key, stored }) => foundOf(table, key, stored) ?? []);
        const { cursor } = result;
        const value = cursor === undefined ? { items } : { items, cursor };
        return { kind: "ok", value, info: outcome.info };
      },
    );
  };

  const recall = (
    scope: string,
    key: string,
  ): Promise<ReadOutcome<IdempotencyRecord | undefined>> =>
    read(
      undefined,
      (reader) => {
        const stored = recallKey(reader, appId, { scope, key }, now().wall);
        return { value: stored, seen: stored === undefined ? [] : [stored] };
      },
      (outcome) =>
        outcome.kind === "ok"
          ? { ...outcome, value: outcome.value?.value as unknown as IdempotencyRecord | undefined }
          : outcome,
    );

  const transact = (
    writes: readonly Write[],
    { idempotency, home }: TransactOptions = {},
  ): Promise<WriteOutcome> => {
    const checked = use.writes(writes);
    if (checked.kind === "failed") return Promise.resolve(checked);
    return new Promise((answer) => {
      const { value } = checked;
      requests.push({
        writes: value,
        ...(idempotency === undefined ? {} : { idempotency }),
        ...(home === undefined ? {} : { home }),
        answer,
      });
      if (requests.length === 1) schedule();
    });
  };

  const flush = (at: Instant): void => {
    if (requests.length === 0) return;
    const batch = requests;
    requests = [];
    if (app.write(batch, at)) return;
    const refusal = refusalOf(app);
    for (const { answer } of batch) answer(refusal);
  };

  const tell = (): void => {
    if (listeners.size === 0) return;
    for (const lineage of app.logs.keys()) tail(lineage);
  };

  const committedIn = (lineage: string): number => {
    const { holding } = app;
    if (holding !== undefined && holding.log.lineage === lineage) return holding.committed;
    return app.logs.get(lineage)?.end.position ?? 0;
  };

  const tail = (lineage: string): void => {
    const through = committedIn(lineage);
    const told = tails.get(lineage) ?? 0;
    if (through <= told) {
      // Entries beyond a cut are gone; what takes their place is told.
      if ((app.logs.get(lineage)?.end.position ?? 0) < told) tails.set(lineage, through);
      return;
    }
    const most = Math.min(TOLD_AT_ONCE, through - told);
    const entries = app.logs.get(lineage)?.entries(engine, told + 1, most) ?? [];
    const last = entries.at(-1)?.position ?? through;
    tails.set(lineage, Math.max(last, told + most));
    for (const { changes } of entries) {
      for (const { table, key } of changes) {
        if (isPlatformName(table)) continue;
        for (const listener of listeners) listener({ table, partition: key.partition });
      }
    }
    if (through > told + most) schedule();
  };

  const subscribe = (listener: Listener): (() => void) => {
    if (listeners.size === 0) {
      for (const lineage of app.logs.keys()) tails.set(lineage, committedIn(lineage));
    }
    listeners.add(listener);
    return () => listeners.delete(listener);
  };

  return {
    get: (table, key, given) => rejecting(() => get(table, key, given)),
    query: (table, asked, given) => rejecting(() => query(table, asked, given)),
    recall,
    transact: (writes, given) => rejecting(() => transact(writes, given)),
    subscribe,
    flush,
    tell,
  };
}

/** What is thrown within the call reaches its caller as what is thrown later does. */
function rejecting<Value>(call: () => Promise<Value>): Promise<Value> {
  try {
    return call();
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Why a region that holds nothing cannot write: the record says which of the two it is. */
function refusalOf(app: AppRegion): WriteOutcome {
  const { app: id } = app.options;
  if (app.record?.phase === "fenced") return failed("fenced", `${id} is fenced`);
  return failed("not-serving", `this region does not serve ${id} now`);
}

function foundOf<Table extends TableDefinition>(
  table: Table,
  key: ItemKey,
  stored: Stored | undefined,
): Found<ItemOf<Table>> | undefined {
  if (stored === undefined || stored.value === null) return undefined;
  return foundRow(table, key, { value: stored.value, version: versionOf(stored.stamp) });
}
