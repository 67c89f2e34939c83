/** Rows of objects in memory, of one region: for tests of what is built on them. *adapter* */
import { failed, ok } from "../../base/outcome.ts";
import type { Conditions, ObjectInfo, ObjectRow, ObjectRows } from "./port.ts";

const DEFAULT_LIMIT = 100;

export function createMemoryObjectRows(): ObjectRows {
  const rows = new Map<string, ObjectInfo>();
  let writes = 0;
  const placeOf = (bucket: string, key: string): string => `${bucket}\u0000${key}`;

  const judge = (old: ObjectInfo | undefined, { ifAbsent, ifVersion }: Conditions) => {
    if (ifAbsent === true && old !== undefined) return "the object is there already";
    if (ifVersion === undefined || old?.version === ifVersion) return undefined;
    return old === undefined ? "the object is not there" : "the object has another version";
  };
  const change = (
    { bucket, key }: { readonly bucket: string; readonly key: string },
    row: ObjectRow | undefined,
    conditions: Conditions,
  ) => {
    const place = placeOf(bucket, key);
    const refusal = judge(rows.get(place), conditions);
    if (refusal !== undefined) return failed("condition-failed", refusal);
    writes++;
    const version = `v${writes}`;
    if (row === undefined) rows.delete(place);
    else rows.set(place, { ...row, version });
    return ok({ version, receipt: `r${writes}` });
  };

  return {
    get: async (bucket, key) => ({ kind: "ok", value: rows.get(placeOf(bucket, key)) }),
    put: async (row, conditions) => change(row, row, conditions),
    remove: async (bucket, key, conditions) => change({ bucket, key }, undefined, conditions),
    list: async (bucket, { prefix = "", limit = DEFAULT_LIMIT, cursor }) => {
      const after = cursor === undefined ? undefined : JSON.parse(cursor);
      if (after !== undefined && typeof after !== "string") {
        return { kind: "failed", code: "invalid", reason: "the cursor is not of this listing" };
      }
      const found = [...rows.values()]
        .filter((row) => row.bucket === bucket && row.key.startsWith(prefix))
        .filter((row) => after === undefined || byCodePoint(row.key, after) > 0)
        .sort((a, b) => byCodePoint(a.key, b.key));
      const objects = found.slice(0, limit);
      const last = objects.at(-1);
      const isWhole = found.length <= limit || last === undefined;
      const value = isWhole ? { objects } : { objects, cursor: JSON.stringify(last.key) };
      return { kind: "ok", value };
    },
  };
}

function byCodePoint(a: string, b: string): number {
  const [left, right] = [Array.from(a), Array.from(b)];
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = (left[at]?.codePointAt(0) ?? 0) - (right[at]?.codePointAt(0) ?? 0);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}
