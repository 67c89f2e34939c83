/**
 * What an app's code may ask of its store, checked before anything is read or written. *pure*
 *
 * The store of every target asks here first, within the call itself: the stack of a refusal leads
 * to the line of the app that asked. What only the app's code can have got wrong is thrown; what a
 * client may have sent (an empty text, a text too long for a key) is a value, as any refusal.
 *
 * Invariants
 *  U1 a table outside of the app's `tables` is neither read nor written                     (#know)
 *  U2 no write of an app that several regions write at once has a condition, unless its table
 *     says what becomes of a conflict                                            (#refuseCondition)
 *  U3 of an active-active app, no item that is one region's own is written elsewhere
 *                                                                                 (#refuseForeign)
 */
import { MisuseError } from "../../base/assert.ts";
import { type CheckedWrite, checkWrites } from "./checked-writes.ts";
import type { Merge } from "./merge.ts";
import type { Query, Write } from "./port.ts";
import { checkQuery } from "./query.ts";
import type { ItemKey, TableDefinition } from "./table.ts";

export interface AppUseOptions {
  readonly app: string;
  readonly tables: readonly TableDefinition[];
  readonly mode: Merge;
  readonly region: string;
}

interface Refused<Code> {
  readonly kind: "failed";
  readonly code: Code;
  readonly reason: string;
}
type Invalid = Refused<"invalid">;
type Fit<Value> = { readonly kind: "ok"; readonly value: Value };

export class AppUse {
  readonly #options: AppUseOptions;
  readonly #tables: ReadonlyMap<string, TableDefinition>;

  constructor(options: AppUseOptions) {
    this.#options = options;
    this.#tables = new Map(options.tables.map((table) => [table.name, table]));
  }

  key(table: TableDefinition, key: unknown): Fit<ItemKey> | Invalid {
    this.#know(table);
    const parsed = table.parseKey(key);
    if (parsed.kind === "ok") return parsed;
    if (parsed.code === "misuse") throw new MisuseError(parsed.reason);
    return { kind: "failed", code: "invalid", reason: parsed.reason };
  }

  /** Why there can be no such query, its cursor apart. */
  query(table: TableDefinition, query: Query): Invalid | undefined {
    this.#know(table);
    const problem = checkQuery(table, query);
    if (problem === undefined) return undefined;
    const { code, reason } = problem;
    if (code === "misuse") throw new MisuseError(reason);
    return { kind: "failed", code, reason };
  }

  writes(
    writes: readonly Write[],
  ): Fit<readonly CheckedWrite[]> | Refused<"invalid" | "too-large"> {
    for (const write of writes) {
      this.#know(write.table);
      if (this.#options.mode !== "active-active") continue;
      this.#refuseCondition(write);
      this.#refuseForeign(write);
    }
    const checked = checkWrites(writes);
    if (checked.kind === "ok") return checked;
    const { code, reason } = checked;
    if (code === "misuse") throw new MisuseError(reason);
    return { kind: "failed", code, reason };
  }

  #know(table: TableDefinition): void {
    const { app } = this.#options;
    const name = table?.name;
    const known = this.#tables.get(name);
    if (known === table || (known !== undefined && isAlike(known, table))) return;
    const what =
      known === undefined
        ? `${name} is no table of ${app}; it has ${[...this.#tables.keys()].join(", ") || "none"}`
        : `${app} has another table named ${name}, with other keys or indexes`;
    throw new MisuseError(`${what}. Name it in defineApp({ tables: [...] }) before it is used.`);
  }

  #refuseCondition({ table, ...write }: Write): void {
    const condition = ["ifAbsent", "ifVersion"].find(
      (name) => (write as Readonly<Record<string, unknown>>)[name] !== undefined,
    );
    if (condition === undefined || table.conflicts !== undefined) return;
    const { app } = this.#options;
    throw new MisuseError(
      `${table.name}: ${condition} cannot be kept, because ${app} is active-active: it would be ` +
        "looked at in one region, while another one writes the same item. Keep a row per region " +
        "(see docs/concepts/active-active.md) and take ids from call.newId(), say in the table's " +
        "`conflicts` what becomes of both, or make the app active-passive.",
    );
  }

  #refuseForeign(write: Write): void {
    const { conflicts, name } = write.table;
    if (typeof conflicts !== "object" || write.kind === "check") return;
    if ("highest" in conflicts) {
      if (write.kind === "put") return;
      const fix = "Write the item with a higher number, and a field that says that it is gone.";
      const what =
        "an item of a table with conflicts.highest is not deleted in an active-active app";
      throw new MisuseError(`${name}: ${what}. ${fix}`);
    }
    const { region } = this.#options;
    const { ownRegion } = conflicts;
    const of = write.kind === "put" ? write.item : write.key;
    const owner = (of as Readonly<Record<string, unknown>> | null)?.[ownRegion];
    if (owner === region) return;
    throw new MisuseError(
      `${name}: ${ownRegion} is ${String(owner)}, and this is ${region}: only that region writes ` +
        "the item (conflicts.ownRegion). Write the item of context.region.",
    );
  }
}

/** A definition may be there twice, where a config file was loaded beside the platform's code. */
const isAlike = (a: TableDefinition, b: TableDefinition): boolean => printOf(a) === printOf(b);

const printOf = ({ partitionKey, sortKey, indexes, expires }: TableDefinition): string =>
  JSON.stringify([partitionKey, sortKey, indexes, expires]);
