/**
 * What became of each write: present, late, or lost. *pure*
 *
 * An acknowledged write is *lost* when any region lacks it, or a read by id does, after everything
 * was healed and quiet; *late* when it is there then and was missing before the healing; *present*
 * otherwise. A change counts as present when its register holds its value or a later one, which
 * that user wrote over it.
 *
 * Invariants
 *  F1 a write that was refused ("nothing happened") is nowhere                        (refused)
 *  F2 a write of unknown outcome may be there or not; it is counted, never judged     (unknown)
 *  F3 one write has one effect: its marker is on one row, its key on one id           (twice)
 *
 * Not promised: a write acknowledged, overwritten by its own user's next change, and lost in
 * between does not show.
 */
import { isWrite, type Operation, type Readback, type Row } from "../history.ts";
import { readRegister } from "../register.ts";

export interface WriteFate {
  readonly operation: Operation;
  readonly fate: "late" | "lost";
  /** Regions that lack it; "by id" for the read through the API. */
  readonly missingIn: readonly string[];
}

export interface Twice {
  readonly marker: string;
  readonly ids: readonly string[];
  readonly where: string;
}

export interface Fates {
  readonly acknowledged: number;
  readonly present: number;
  /** Late and lost ones, told one by one. */
  readonly missing: readonly WriteFate[];
  readonly unknown: { readonly present: number; readonly absent: number };
  /** Refused, and there all the same. */
  readonly refused: readonly Operation[];
  readonly twice: readonly Twice[];
}

export function fateOfWrites(operations: readonly Operation[], readback: Readback): Fates {
  const regions = Object.entries(readback.regions).map(([id, rows]) => ({
    id,
    holds: holderOf(rows),
  }));
  const byId = new Map(readback.byId.map(({ marker, found }) => [marker, found]));
  const before = new Map(readback.beforeHealing.map(({ marker, found }) => [marker, found]));
  const missing: WriteFate[] = [];
  const refused: Operation[] = [];
  const unknown = { present: 0, absent: 0 };
  let acknowledged = 0;
  const perhaps = new Set(
    operations.filter((o) => isWrite(o) && o.outcome !== "failed").map((o) => o.marker),
  );
  for (const operation of operations) {
    if (!isWrite(operation) || operation.marker === undefined) continue;
    const lacking = regions.filter(({ holds }) => !holds(operation)).map(({ id }) => id);
    if (operation.outcome === "ok") {
      acknowledged += 1;
      if (byId.get(operation.marker) === false) lacking.push("by id");
      if (lacking.length > 0) missing.push({ operation, fate: "lost", missingIn: lacking });
      else if (before.get(operation.marker) === false)
        missing.push({ operation, fate: "late", missingIn: [] });
    } else if (operation.outcome === "unknown") {
      if (lacking.length < regions.length) unknown.present += 1;
      else unknown.absent += 1;
    } else if (lacking.length < regions.length && !perhaps.has(operation.marker)) {
      // Not where the same write was sent again under its key: that copy may be what is there.
      refused.push(operation);
    }
  }
  return {
    acknowledged,
    present: acknowledged - missing.length,
    missing,
    unknown,
    refused,
    twice: [...twiceInRegions(readback), ...twiceByKey(operations)],
  };
}

function holderOf(rows: readonly Row[]): (operation: Operation) => boolean {
  const texts = new Set<string>();
  const registers = new Map<string, number>();
  for (const { text } of rows) {
    const register = readRegister(text);
    if (register === undefined) texts.add(text);
    else registers.set(register.name, register.value);
  }
  return ({ marker = "" }) => {
    const written = readRegister(marker);
    if (written === undefined) return texts.has(marker);
    return (registers.get(written.name) ?? -1) >= written.value;
  };
}

function twiceInRegions(readback: Readback): Twice[] {
  return Object.entries(readback.regions).flatMap(([region, rows]) => {
    const named = rows.map(({ id, text }) => [readRegister(text)?.name ?? text, id] as const);
    return twiceIn(named, region);
  });
}

const twiceByKey = (operations: readonly Operation[]): Twice[] =>
  twiceIn(
    operations.flatMap((o) =>
      (o.kind === "submit" || o.kind === "again") && o.outcome === "ok" && o.key && o.ticketId
        ? [[o.key, o.ticketId] as const]
        : [],
    ),
    "answers to one key",
  );

function twiceIn(pairs: readonly (readonly [string, string])[], where: string): Twice[] {
  const ids = new Map<string, Set<string>>();
  for (const [marker, id] of pairs) {
    const known = ids.get(marker);
    if (known === undefined) ids.set(marker, new Set([id]));
    else known.add(id);
  }
  return [...ids]
    .filter(([, of]) => of.size > 1)
    .map(([marker, of]) => ({ marker, ids: [...of], where }));
}
