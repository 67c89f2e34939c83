/**
 * Building the indexes of one app's tables in one region, a batch at a time. *pure core*
 *
 * What is to be done was noted by the start (definitions.ts). One batch is one transaction, with
 * how far it came, and the next one begins when it is on disk: a kill in the middle costs a batch,
 * and the disk sets the pace. Until the last one is done the region neither serves the app nor is
 * eligible for it; as a follower it goes on taking entries, so that it stays in sync.
 *
 * Taking away the entries of an index that is no longer defined holds nothing up.
 */

import {
  ANY,
  definitionsKey,
  readDefinitions,
  type StoredDefinitions,
  type StoredTable,
} from "../key-value/definitions.ts";
import type { Engine, EngineReader, EngineWriter } from "../key-value/engine.ts";
import { pieceOf, putIndexEntries, removeIndexEntries } from "../key-value/items.ts";
import type { TableDefinition } from "../key-value/table.ts";

export interface Building {
  readonly table: string;
  /** Names of its indexes, with commas between them. */
  readonly index: string;
  /** Items that were looked at so far. */
  readonly done: number;
}

export const buildingText = ({ table, index, done }: Building): string =>
  `building an index: ${index} of the table ${table}, ${done} items so far`;

const BATCH_ENTRIES = 1024;

export class IndexBuilding {
  readonly #app: string;
  readonly #tables: ReadonlyMap<string, TableDefinition>;
  #definitions: StoredDefinitions | undefined;
  #isLoaded = false;
  #isDone = false;
  /** The batch under way is on disk once this transaction is. */
  #sequence = 0;

  constructor(app: string, tables: ReadonlyMap<string, TableDefinition>) {
    this.#app = app;
    this.#tables = tables;
  }

  /** Nothing is left to be built, or to be taken away. */
  get isDone(): boolean {
    return this.#isDone;
  }

  isUnderWay(engine: EngineReader): boolean {
    return this.building(engine) !== undefined;
  }

  /** What is being built; the app is not served here meanwhile. */
  building(engine: EngineReader): Building | undefined {
    if (this.#isDone) return undefined;
    for (const [table, stored] of Object.entries(this.#load(engine)?.tables ?? {})) {
      const names = Object.keys(stored.pending);
      if (names.length > 0) return { table, index: names.join(", "), done: stored.walk?.done ?? 0 };
    }
    return undefined;
  }

  /** Whether queries of an index would miss items. */
  isPending(engine: EngineReader, table: string, index: string): boolean {
    if (this.#isDone) return false;
    return Object.hasOwn(this.#load(engine)?.tables[table]?.pending ?? {}, index);
  }

  /** `flushed`: transactions through here are on disk. */
  step(engine: Engine, flushed: number): void {
    if (this.#isDone || flushed < this.#sequence) return;
    const tables = Object.entries(this.#load(engine)?.tables ?? {});
    const isPending = ([, stored]: [string, StoredTable]) => Object.keys(stored.pending).length > 0;
    const next = tables.find(isPending) ?? tables.find(([, { stray }]) => stray.length > 0);
    this.#isDone = next === undefined;
    if (next === undefined) return;
    const [name, stored] = next;
    const definitions = engine.transact((writer) => {
      const changed =
        stored.stray.length > 0
          ? this.#sweep(writer, name, stored)
          : this.#walk(writer, name, stored);
      const all: StoredDefinitions = {
        version: 1,
        tables: { ...this.#definitions?.tables, [name]: changed },
      };
      writer.put(definitionsKey(this.#app), all);
      return all;
    });
    this.#definitions = definitions;
    this.#sequence = engine.sequence;
  }

  #load(engine: EngineReader): StoredDefinitions | undefined {
    if (!this.#isLoaded) this.#definitions = readDefinitions(engine, this.#app);
    this.#isLoaded = true;
    return this.#definitions;
  }

  #sweep(writer: EngineWriter, table: string, stored: StoredTable): StoredTable {
    const [index = "", ...rest] = stored.stray;
    const range = { index: index === ANY ? undefined : index, limit: BATCH_ENTRIES };
    const count = removeIndexEntries(writer, this.#app, table, range);
    return count < BATCH_ENTRIES ? { ...stored, stray: rest } : stored;
  }

  #walk(writer: EngineWriter, name: string, stored: StoredTable): StoredTable {
    const table = this.#tables.get(name);
    const { walk, ...rest } = stored;
    const { items, isLast } = pieceOf(writer, this.#app, name, walk?.after);
    for (const { key, stored: item } of items) {
      if (table === undefined || item.value === null) continue;
      putIndexEntries(writer, this.#app, table, key, item.value);
    }
    const after = items.at(-1)?.key;
    if (isLast || after === undefined) {
      return { ...rest, built: { ...rest.built, ...rest.pending }, pending: {} };
    }
    return { ...rest, walk: { after, done: (walk?.done ?? 0) + items.length } };
  }
}
