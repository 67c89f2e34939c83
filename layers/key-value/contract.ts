/**
 * The laws of the key-value port, for every adapter. *contract*
 *
 * Laws are a table, so that a test can run one of them against a broken adapter and expect it to
 * fail: contract.test.ts does that, and so proves that the suite can fail. A law whose `needs` an
 * adapter lacks is skipped, with the reason.
 *
 * An adapter's test opens its regions with `contractTables`, empty, for each law anew.
 */
import { describe, it } from "vitest";
import type { KeyValueStore } from "./port.ts";
import { queryLaws } from "./query-contract.ts";
import { replicationLaws } from "./replication-contract.ts";
import { writeLaws } from "./write-contract.ts";

export { contractTables, notes } from "./contract-tables.ts";

export interface ContractRegion {
  readonly id: string;
  readonly store: KeyValueStore;
}

export interface ContractCapabilities {
  /** Regions that take writes at the same time. */
  readonly writers: "first" | "all";
}

export interface KeyValueSetup {
  /** The first takes writes; the others too when `writers` is "all". */
  readonly regions: readonly ContractRegion[];
  readonly capabilities: ContractCapabilities;
  /** Lets time pass, in which replication, indexes and the like move on. */
  advance(ms: number): Promise<void>;
  /** Nothing passes between the two regions, until `heal`. */
  partition(a: string, b: string): Promise<void>;
  heal(): Promise<void>;
  close?(): Promise<void>;
}

export type Need = "one region" | "two regions" | "two writers";

export interface Law {
  readonly name: string;
  readonly needs: Need;
  /** Rejects when the law does not hold. */
  check(setup: KeyValueSetup): Promise<void>;
}

export const keyValueLaws: readonly Law[] = [...writeLaws, ...queryLaws, ...replicationLaws];

/** Why the law cannot be put to this adapter; undefined when it can. */
export function lacking(law: Law, { regions, capabilities }: KeyValueSetup): string | undefined {
  if (law.needs !== "one region" && regions.length < 2) return "this adapter has one region";
  if (law.needs === "two writers" && capabilities.writers !== "all") {
    return "only one region of this adapter takes writes";
  }
  return undefined;
}

export function describeKeyValueContract(name: string, setup: () => Promise<KeyValueSetup>): void {
  describe(`${name}: key-value contract`, () => {
    for (const law of keyValueLaws) {
      it(law.name, async (context) => {
        const opened = await setup();
        try {
          const reason = lacking(law, opened);
          if (reason !== undefined) context.skip(reason);
          await law.check(opened);
        } finally {
          await opened.close?.();
        }
      });
    }
  });
}
