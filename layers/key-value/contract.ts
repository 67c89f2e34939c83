/**
 * The laws of the key-value port, for every adapter. *contract*
 *
 * Laws are a table, so that a test can run one of them against a broken adapter and expect it to
 * fail: contract.test.ts does that, and so proves that the suite can fail. A law is put to an
 * adapter that is able to keep it (contract-adapters.ts); to others it is no test.
 *
 * An adapter's test opens its regions with `contractTables`, empty, for each law anew.
 */
import { describe, it } from "vitest";
import { assert } from "../../base/assert.ts";
import {
  KEY_VALUE_ADAPTERS,
  type KeyValueAbilities,
  type KeyValueAdapterName,
} from "./contract-adapters.ts";
import type { KeyValueStore } from "./port.ts";
import { queryLaws } from "./query-contract.ts";
import { replicationLaws } from "./replication-contract.ts";
import { writeLaws } from "./write-contract.ts";

export { contractTables, notes } from "./contract-tables.ts";

export interface ContractRegion {
  readonly id: string;
  readonly store: KeyValueStore;
}

export interface KeyValueSetup {
  /** The first takes writes; the others too when the adapter's `writers` is "all". */
  readonly regions: readonly ContractRegion[];
  /** Lets time pass, in which replication, indexes and the like move on. */
  advance(ms: number): Promise<void>;
  /** Nothing passes between the two regions, until `heal`. */
  partition(a: string, b: string): Promise<void>;
  heal(): Promise<void>;
  close?(): Promise<void>;
}

export type Need =
  | "one region"
  | "two regions"
  | "two writers"
  /** In one region. */
  | "conditions"
  | "no conditions";

export interface Law {
  readonly name: string;
  readonly needs: Need;
  /** Rejects when the law does not hold. */
  check(setup: KeyValueSetup): Promise<void>;
}

export const keyValueLaws: readonly Law[] = [...writeLaws, ...queryLaws, ...replicationLaws];

/** Whether an adapter of these abilities is asked to keep the law. */
export function isPutTo(
  { needs }: Law,
  { regions, writers, conditions }: KeyValueAbilities,
): boolean {
  if (needs === "one region") return true;
  if (needs === "conditions" || needs === "no conditions") {
    return conditions === (needs === "conditions");
  }
  return regions === 2 && (needs === "two regions" || writers === "all");
}

export function describeKeyValueContract(
  name: KeyValueAdapterName,
  setup: () => Promise<KeyValueSetup>,
): void {
  const abilities = KEY_VALUE_ADAPTERS[name];
  describe(`${name}: key-value contract`, () => {
    for (const law of keyValueLaws.filter((one) => isPutTo(one, abilities))) {
      it(law.name, async () => {
        const opened = await setup();
        try {
          const { length } = opened.regions;
          assert(length === abilities.regions, `${name} declares ${abilities.regions} regions`);
          await law.check(opened);
        } finally {
          await opened.close?.();
        }
      });
    }
  });
}
