/**
 * What a transaction does to the items of an app, decided before anything is written. *pure over
 * the engine*
 *
 * Invariants
 *  E1 every condition is looked at, on what is there in the very transaction    (evaluate)
 *  E2 an accepted write stays: none is taken that what is there would outrank   (evaluateOne)
 *  E3 a row names no bytes that are not here                                    (bytesProblem)
 */
import type { WallMs } from "../../base/clock.ts";
import type { CheckedWrite } from "../key-value/checked-writes.ts";
import type { EngineReader } from "../key-value/engine.ts";
import { readItem, type Stored, versionOf } from "../key-value/items.ts";
import type { Change } from "../key-value/log.ts";
import type { Merge } from "../key-value/merge.ts";
import type { IdempotencyRecord, WriteCode } from "../key-value/port.ts";
import type { JsonObject, TableDefinition } from "../key-value/table.ts";
import { OBJECTS } from "../objects/names.ts";
import { type ByteLedger, digestOf } from "./byte-ledger.ts";
import type { RegionRules } from "./rules.ts";
import { idempotencyChange, recallKey } from "./used-keys.ts";

export type Evaluated =
  | { readonly kind: "changes"; readonly changes: readonly Change[]; readonly seen: number }
  | { readonly kind: "replayed"; readonly response: unknown; readonly seen: Stored }
  | {
      readonly kind: "failed";
      readonly code: WriteCode;
      readonly reason: string;
      readonly seen?: Stored;
    };

export interface EvaluatedIn {
  readonly app: string;
  readonly merge: Merge;
  readonly bytes: ByteLedger;
  readonly rules: RegionRules;
}

/** The field by which two writes of an item are compared before their time is. */
const rankedBy = ({ conflicts }: TableDefinition, merge: Merge): string | undefined =>
  merge === "active-active" && typeof conflicts === "object" && "highest" in conflicts
    ? conflicts.highest
    : undefined;

/** 0 where nothing but their time decides. */
export function rankOf(table: TableDefinition, value: JsonObject | null, merge: Merge): number {
  const field = rankedBy(table, merge);
  return field === undefined || value === null ? 0 : Number(value[field]);
}

/** Gives the changes, and writes nothing. */
export function evaluate(
  parts: EvaluatedIn,
  reader: EngineReader,
  writes: readonly CheckedWrite[],
  idempotency: IdempotencyRecord | undefined,
  wall: WallMs,
): Evaluated {
  if (idempotency !== undefined) {
    const known = recallKey(reader, parts.app, idempotency, wall);
    if (known !== undefined) {
      const record = known.value as unknown as IdempotencyRecord;
      return record.requestHash === idempotency.requestHash
        ? { kind: "replayed", response: record.response, seen: known }
        : {
            kind: "failed",
            code: "idempotency-mismatch",
            reason: `the idempotency key ${idempotency.key} was used for another request`,
            seen: known,
          };
    }
  }
  const changes: Change[] = [];
  for (const write of writes) {
    const problem = evaluateOne(parts, reader, write, changes);
    if (problem !== undefined) return problem;
  }
  if (idempotency !== undefined && parts.rules.recordsIdempotencyWithWrite()) {
    changes.push(idempotencyChange(idempotency));
  }
  return { kind: "changes", changes, seen: 0 };
}

function evaluateOne(
  { app, merge, bytes, rules }: EvaluatedIn,
  reader: EngineReader,
  { kind, table, key, value, ifAbsent, ifVersion }: CheckedWrite,
  changes: Change[],
): Evaluated | undefined {
  const { name } = table;
  const where = `${name} ${key.partition}${key.sort && `/${key.sort}`}`;
  const isRanked = rankedBy(table, merge) !== undefined;
  const needsOld = ifVersion !== undefined || ifAbsent || isRanked;
  const old = needsOld ? readItem(reader, app, name, key) : undefined;
  const isThere = old !== undefined && old.value !== null;
  const refuse = (reason: string): Evaluated => ({
    kind: "failed",
    code: "condition-failed",
    reason,
    ...(old === undefined ? {} : { seen: old }),
  });
  if (ifAbsent && isThere) return refuse(`${where} is there already`);
  if (ifVersion !== undefined) {
    if (!isThere) return refuse(`${where} is not there`);
    if (versionOf(old.stamp) !== ifVersion) return refuse(`${where} has another version`);
  }
  if (kind === "check") return undefined;
  const [rank, before] = [value, old?.value ?? null].map((one) => rankOf(table, one, merge));
  if (isRanked && isThere && rules.compareRanks(rank ?? 0, before ?? 0) < 0) {
    return refuse(`${where} has a higher ${rankedBy(table, merge)}`);
  }
  const problem = value === null ? undefined : bytesProblem(bytes, rules, reader, name, value);
  if (problem !== undefined) return refuse(problem);
  changes.push({ table: name, key, value });
  return undefined;
}

/** A row of this region names no bytes that are not here. */
function bytesProblem(
  bytes: ByteLedger,
  rules: RegionRules,
  reader: EngineReader,
  table: string,
  value: JsonObject,
): string | undefined {
  const digest = table === OBJECTS ? digestOf(value) : undefined;
  if (digest === undefined) return undefined;
  const isHere = bytes.sizeOf(reader, digest) === value["sizeBytes"];
  if (rules.mayName(isHere)) return undefined;
  return `the bytes ${digest.slice(0, 12)}... are not in this region: stage them first`;
}
