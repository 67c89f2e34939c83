/** What the laws are written with: short forms of calls, and checks that say what was wrong. *contract* */
import { assert, MisuseError } from "../../base/assert.ts";
import type { KeyValueSetup } from "./contract.ts";
import { notes } from "./contract-tables.ts";
import type {
  Acknowledged,
  Found,
  KeyValueStore,
  Page,
  Query,
  ReadOutcome,
  Write,
  WriteCode,
  WriteOutcome,
} from "./port.ts";
import type { ItemOf } from "./table.ts";

export type Note = ItemOf<typeof notes>;

export function same(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(left === right, `${what}: got ${left}, expected ${right}`);
}

/** The region that takes writes. */
export function first({ regions }: KeyValueSetup): KeyValueStore {
  const [region] = regions;
  assert(region !== undefined, "the setup has no region");
  return region.store;
}

export function other({ regions }: KeyValueSetup): KeyValueStore {
  const region = regions[1];
  assert(region !== undefined, "the setup has no second region");
  return region.store;
}

export async function written(outcome: Promise<WriteOutcome>): Promise<Acknowledged> {
  const end = await outcome;
  assert(end.kind === "ok", `a write should succeed: ${JSON.stringify(end)}`);
  return end.value;
}

export async function refused(
  outcome: Promise<WriteOutcome>,
  ...codes: readonly WriteCode[]
): Promise<void> {
  const end = await outcome;
  const isRefused = end.kind === "failed" && codes.includes(end.code);
  assert(isRefused, `a write should fail with ${codes.join(" or ")}: ${JSON.stringify(end)}`);
  assert(end.reason.length > 0, "a refusal names its reason");
}

/** A mistake of the calling code is thrown, and names what is wrong. */
export async function misused(
  call: Promise<WriteOutcome> | Promise<ReadOutcome<unknown>>,
  what: string,
): Promise<void> {
  const end: unknown = await call.catch((error: unknown) => error);
  assert(end instanceof MisuseError, `${what} should be a misuse: ${JSON.stringify(end)}`);
  assert(end.message.length > 0, `${what}: the refusal names its reason`);
}

export async function readValue<Value>(outcome: Promise<ReadOutcome<Value>>): Promise<Value> {
  const end = await outcome;
  assert(end.kind === "ok", `a read should succeed: ${JSON.stringify(end)}`);
  return end.value;
}

export const putNote = (item: Note, conditions: { ifAbsent?: boolean; ifVersion?: string } = {}) =>
  ({ kind: "put", table: notes, item, ...conditions }) as const satisfies Write;

export const deleteNote = (key: { owner: string; id: string }, ifVersion?: string) =>
  ifVersion === undefined
    ? ({ kind: "delete", table: notes, key } as const)
    : ({ kind: "delete", table: notes, key, ifVersion } as const);

export const put = (store: KeyValueStore, item: Note): Promise<Acknowledged> =>
  written(store.transact([putNote(item)]));

export const remove = (store: KeyValueStore, owner: string, id: string): Promise<Acknowledged> =>
  written(store.transact([deleteNote({ owner, id })]));

export const getNote = (
  store: KeyValueStore,
  owner: string,
  id: string,
  consistency: "leased" | "stale" = "leased",
): Promise<Found<Note> | undefined> => readValue(store.get(notes, { owner, id }, { consistency }));

export const page = (
  store: KeyValueStore,
  query: Query,
  consistency: "leased" | "stale" = "leased",
): Promise<Page<Note>> => readValue(store.query(notes, query, { consistency }));

/** All pages, at most `most` of them. */
export async function pages(store: KeyValueStore, query: Query, most = 100): Promise<Note[]> {
  const items: Note[] = [];
  let cursor: string | undefined;
  for (let count = 0; count < most; count++) {
    const one = await page(store, cursor === undefined ? query : { ...query, cursor });
    items.push(...one.items.map(({ item }) => item));
    if (one.cursor === undefined) return items;
    cursor = one.cursor;
  }
  throw new Error(`a query has no end: ${most} pages`);
}

export const ids = (items: readonly Note[]): string[] => items.map(({ id }) => id);

const stepMs = 50;
const patienceMs = 30_000;

/** Lets time pass until the check holds; for what may lag. */
export async function eventually(setup: KeyValueSetup, check: () => Promise<void>): Promise<void> {
  for (let passedMs = 0; ; passedMs += stepMs) {
    try {
      return await check();
    } catch (error) {
      if (passedMs >= patienceMs) throw error;
    }
    await setup.advance(stepMs);
  }
}
