/**
 * What is kept with an app's data about its tables, and what a start finds changed.
 * *pure over the engine*
 *
 *   ("d", app)   the tables as the data was last opened with, and what is still to be done
 *
 *   start: stored definitions --compare--> keys changed, rows there      refused: what, and the fix
 *                                     \--> schema changed                every row is looked at
 *                                      \-> indexes changed               noted as pending and stray
 *   region: stray entries are taken away, then one walk makes those that are pending
 *
 * An index is `built` when every item has its entries. A pending one is walked from the first item:
 * writes meanwhile keep the entries of the items they touch, whichever side of the walk those are
 * on. Stray entries go first, so that none of an older definition survives.
 *
 * Invariants
 *  D1 an index is called built only after its stray entries are gone and every item was walked,
 *     in the transaction of the last one                                        (index-building.ts)
 *  D2 a table's rows all fit its schema and indexes before it is opened with them    (checkRows)
 * Not noticed: what JSON schema cannot say (a refinement, a transformation, a default's value).
 */
import { z } from "zod";
import { ConfigurationError } from "../../base/errors.ts";
import type { Engine, EngineReader } from "./engine.ts";
import { itemsOf, pieceOf } from "./items.ts";
import { tuple } from "./key.ts";
import type { ItemKey, JsonObject, TableDefinition } from "./table.ts";
import type { Json } from "./table-json.ts";

/** All indexes, of data that was kept before definitions were. */
export const ANY = "(any)";

/** By index: what its entries follow from. */
type Prints = Readonly<Record<string, string>>;

export interface StoredTable {
  readonly partitionKey: string;
  readonly sortKey: string | null;
  /** JSON schema of what is put. */
  readonly schema: Json;
  readonly built: Prints;
  readonly pending: Prints;
  /** Indexes of which entries may be there that no item has. */
  readonly stray: readonly string[];
  /** Of the walk for what is pending: the last item, and how many there were. */
  readonly walk?: { readonly after: ItemKey; readonly done: number };
}

export interface StoredDefinitions {
  readonly version: 1;
  readonly tables: Readonly<Record<string, StoredTable>>;
}

export const definitionsKey = (app: string): string => tuple("d", app);

export function readDefinitions(reader: EngineReader, app: string): StoredDefinitions | undefined {
  const stored = reader.get(definitionsKey(app)) as StoredDefinitions | undefined;
  if (stored === undefined || stored.version === 1) return stored;
  throw new ConfigurationError({
    what: `${app}: the data was written by a newer Understudy`,
    got: `version ${(stored as { readonly version: unknown }).version} of its definitions`,
    fix: "Start the version that wrote it, or a newer one.",
  });
}

/** How far a look at rows has come. */
export interface RowsChecked {
  readonly table: string;
  readonly done: number;
}

/**
 * Compares an app's tables with what its data was written under, and notes what has to be built.
 * Throws a ConfigurationError where the data does not fit. Yields now and then while it looks at
 * rows; returns a line for each thing that a person should know.
 */
export function* openDefinitions(
  engine: Engine,
  app: string,
  tables: readonly TableDefinition[],
): Generator<RowsChecked, readonly string[]> {
  const stored = readDefinitions(engine, app);
  const next: Record<string, StoredTable> = {};
  const notices: string[] = [];
  for (const table of tables) {
    const known = stored?.tables[table.name];
    if (known !== undefined) refuseOtherKeys(engine, app, table, known);
    const schema = schemaOf(table);
    const isNew = known === undefined && hasNoItems(engine, app, table.name);
    const entries = isNew ? allBuilt(table) : planOf(table, known);
    const hasNews =
      JSON.stringify([known?.schema, known?.pending]) !== JSON.stringify([schema, entries.pending]);
    if (hasNews) yield* checkRows(engine, app, table);
    const { partitionKey, sortKey } = table;
    next[table.name] = { partitionKey, sortKey: sortKey ?? null, schema, ...entries };
  }
  for (const [name, known] of Object.entries(stored?.tables ?? {})) {
    if (next[name] !== undefined) continue;
    const stray = union(known.stray, Object.keys(known.built), Object.keys(known.pending));
    const { walk: _, ...rest } = known;
    next[name] = { ...rest, built: {}, pending: {}, stray };
    if ([...firstRow(engine, app, name)].length === 0) continue;
    notices.push(
      `${app}: the table ${name} is no longer defined; its rows are kept, and are there again ` +
        "when it is defined again",
    );
  }
  const definitions: StoredDefinitions = { version: 1, tables: next };
  if (JSON.stringify(definitions) !== JSON.stringify(stored)) {
    engine.transact((writer) => writer.put(definitionsKey(app), definitions));
  }
  return notices;
}

const hasNoItems = (reader: EngineReader, app: string, table: string): boolean =>
  itemsOf(reader, app, table).next().done === true;

/** What is put, as JSON schema; without values of defaults, which may be another at every start. */
const schemaOf = (table: TableDefinition): Json =>
  z.toJSONSchema(table.schema, {
    io: "input",
    unrepresentable: "any",
    // Without descriptions, and without ids, which two schemas may share.
    metadata: z.registry(),
    override: ({ jsonSchema }) => {
      delete jsonSchema.default;
    },
  }) as unknown as Json;

/** The entries of an item that lacks a field follow from the field's default. */
const printsOf = (table: TableDefinition): Prints =>
  Object.fromEntries(
    Object.entries(table.indexes).map(([name, { partitionKey, sortKey }]) => {
      const fields = sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];
      return [name, JSON.stringify(fields.map((field) => [field, table.defaultOf(field) ?? null]))];
    }),
  );

const allBuilt = (table: TableDefinition) => ({ built: printsOf(table), pending: {}, stray: [] });

function planOf(
  table: TableDefinition,
  known: StoredTable | undefined,
): Pick<StoredTable, "built" | "pending" | "stray" | "walk"> {
  const wanted = printsOf(table);
  if (known === undefined) return { built: {}, pending: wanted, stray: [ANY] };
  const isBuilt = (name: string): boolean => known.built[name] === wanted[name];
  const names = Object.keys(wanted);
  const built = pick(wanted, names.filter(isBuilt));
  const pending = pick(
    wanted,
    names.filter((name) => !isBuilt(name)),
  );
  const gone = Object.keys(known.built).filter((name) => built[name] === undefined);
  const goesOn = JSON.stringify(pending) === JSON.stringify(known.pending) && gone.length === 0;
  if (goesOn) {
    const { stray, walk } = known;
    return walk === undefined ? { built, pending, stray } : { built, pending, stray, walk };
  }
  // A walk that was begun for other indexes, or before others wrote, has left entries of its own.
  const stray = union(known.stray, gone, Object.keys(known.pending), Object.keys(pending));
  return { built, pending, stray };
}

const pick = (prints: Prints, names: readonly string[]): Prints =>
  Object.fromEntries(names.map((name) => [name, prints[name] ?? ""]));

const union = (...lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())];

function refuseOtherKeys(
  reader: EngineReader,
  app: string,
  { name, partitionKey, ...table }: TableDefinition,
  known: StoredTable,
): void {
  const sortKey = table.sortKey ?? null;
  if (known.partitionKey === partitionKey && known.sortKey === sortKey) return;
  const hasRow = [...firstRow(reader, app, name)].length > 0;
  if (!hasRow) return;
  const shown = (partition: string, sort: string | null): string =>
    sort === null ? `partitionKey ${partition}` : `partitionKey ${partition}, sortKey ${sort}`;
  throw new ConfigurationError({
    what: `${app}: the key of the table ${name} was changed, and it has rows`,
    got: `${shown(partitionKey, sortKey)}, where the rows have ${shown(known.partitionKey, known.sortKey)}`,
    fix: "Put the key back, or define a table of another name with the new one and copy the rows.",
  });
}

function* firstRow(reader: EngineReader, app: string, table: string): Generator<ItemKey> {
  for (const { key, stored } of itemsOf(reader, app, table)) {
    if (stored.value === null) continue;
    yield key;
    return;
  }
}

function* checkRows(
  reader: EngineReader,
  app: string,
  table: TableDefinition,
): Generator<RowsChecked, void> {
  let after: ItemKey | undefined;
  for (let done = 0; ; ) {
    const { items, isLast } = pieceOf(reader, app, table.name, after);
    for (const { key, stored } of items) {
      if (stored.value !== null) checkRow(app, table, key, stored.value);
    }
    if (isLast) return;
    done += items.length;
    after = items.at(-1)?.key;
    yield { table: table.name, done };
  }
}

function checkRow(app: string, table: TableDefinition, key: ItemKey, value: JsonObject): void {
  const got = key.sort === "" ? key.partition : [key.partition, key.sort];
  const row = table.parseStored(value);
  if (row.kind === "failed") {
    const { field, reason } = row;
    throw new ConfigurationError({
      what:
        `${app}: the row ${JSON.stringify(got)} of the table ${table.name} does not fit its ` +
        `schema: ${field}: ${reason}`,
      got: value[field],
      fix: `Give ${field} a default, make it optional, or let it be what the rows have.`,
    });
  }
  const problem = table.indexProblem(row.value as JsonObject, key);
  if (problem === undefined) return;
  throw new ConfigurationError({
    what: `${app}: a row of the table ${table.name} does not fit an index: ${problem}`,
    got,
    fix: "Leave the field out of the index, or change such rows with the version before.",
  });
}
