/**
 * The writes of one transaction, checked before the first of them is done. *pure*
 *
 * In two steps: what can be said without the data (schemas, keys, limits; app-use.ts says which
 * tables), and the conditions against the items as they are.
 */
import { failed } from "../../base/outcome.ts";
import type { EngineReader } from "./engine.ts";
import { readItem, versionOf } from "./items.ts";
import { tuple } from "./key.ts";
import type { Version, Write } from "./port.ts";
import {
  type Checked,
  type ItemKey,
  type JsonObject,
  limits,
  type TableDefinition,
} from "./table.ts";

export interface CheckedWrite {
  readonly kind: Write["kind"];
  readonly table: TableDefinition;
  readonly key: ItemKey;
  /** What to store; null for a delete and a check. */
  readonly value: JsonObject | null;
  readonly ifAbsent: boolean;
  readonly ifVersion: Version | undefined;
}

export type CheckedWrites =
  | { readonly kind: "ok"; readonly value: readonly CheckedWrite[] }
  | Extract<Checked<never>, { kind: "failed" }>;

const misuse = (reason: string) => ({ kind: "failed", code: "misuse", reason }) as const;

export function checkWrites(writes: readonly Write[]): CheckedWrites {
  const most = limits.transactionWrites;
  if (writes.length === 0) return misuse("a transaction has at least one write, not none");
  if (writes.length > most) {
    const reason = `a transaction has at most ${most} writes, not ${writes.length}`;
    return { kind: "failed", code: "too-large", reason };
  }
  const checked: CheckedWrite[] = [];
  const keys = new Set<string>();
  for (const write of writes) {
    const one = checkWrite(write);
    if (one.kind === "failed") return one;
    const { table, key } = one.value;
    const name = tuple(table.name, key.partition, key.sort);
    if (keys.has(name)) {
      const item = JSON.stringify(key);
      return misuse(`${table.name}: ${item} is named twice; a transaction names an item once`);
    }
    keys.add(name);
    checked.push(one.value);
  }
  return { kind: "ok", value: checked };
}

const KINDS: readonly string[] = ["put", "delete", "check"] satisfies Write["kind"][];

function checkWrite(write: Write): Checked<CheckedWrite> {
  const { kind, table, ifVersion } = write;
  if (!KINDS.includes(kind)) {
    const got = JSON.stringify(kind) ?? "nothing";
    return misuse(`${table.name}: the kind of a write is put, delete or check, not ${got}`);
  }
  const ifAbsent = "ifAbsent" in write && write.ifAbsent === true;
  if (ifAbsent && ifVersion !== undefined) {
    const fix = "give the one that is meant";
    return misuse(`${table.name}: ifAbsent and ifVersion cannot both hold: ${fix}`);
  }
  if (ifAbsent && kind === "delete") {
    return misuse(`${table.name}: what is absent cannot be deleted: leave ifAbsent out`);
  }
  if (write.kind !== "put") {
    const key = table.parseKey(write.key);
    if (key.kind === "failed") return key;
    return { kind: "ok", value: { kind, table, key: key.value, value: null, ifAbsent, ifVersion } };
  }
  const item = table.parse(write.item);
  if (item.kind === "failed") return item;
  const key = table.keyOf(item.value);
  return { kind: "ok", value: { kind, table, key, value: item.value, ifAbsent, ifVersion } };
}

export function checkConditions(
  reader: EngineReader,
  app: string,
  writes: readonly CheckedWrite[],
): ReturnType<typeof failed<"condition-failed">> | undefined {
  for (const { table, key, ifAbsent, ifVersion } of writes) {
    if (!ifAbsent && ifVersion === undefined) continue;
    const stored = readItem(reader, app, table.name, key);
    const version =
      stored === undefined || stored.value === null ? undefined : versionOf(stored.stamp);
    const where = `${table.name} ${JSON.stringify(key)}`;
    if (ifAbsent && version !== undefined) {
      return failed("condition-failed", `${where} exists already`);
    }
    if (ifVersion !== undefined && version !== ifVersion) {
      const reason = version === undefined ? "does not exist" : "was changed meanwhile";
      return failed("condition-failed", `${where} ${reason}`);
    }
  }
  return undefined;
}
