/**
 * The laws of the object ports, for every adapter. *contract*
 *
 * Laws are a table, so that a test can put one of them to a broken adapter and expect it to fail:
 * contract.test.ts does that. A law is put to an adapter that is able to keep it
 * (contract-adapters.ts); to others it is no test.
 *
 * An adapter's test opens its regions with `contractBuckets`, empty, for each law anew. `ByteStore`
 * and `ObjectRows` are judged through the `ObjectStore` that is made of them.
 */
import { describe, it } from "vitest";
import { assert } from "../../base/assert.ts";
import {
  OBJECT_ADAPTERS,
  type ObjectAbilities,
  type ObjectAdapterName,
} from "./contract-adapters.ts";
import { crashLaws } from "./crash-contract.ts";
import { listingLaws } from "./listing-contract.ts";
import type { ObjectStore } from "./port.ts";
import { putLaws } from "./put-contract.ts";
import { travelLaws } from "./travel-contract.ts";

export const contractBuckets = ["pictures", "pictures-2", "uploads"] as const;

export interface ObjectRegion {
  readonly id: string;
  readonly objects: ObjectStore;
}

export interface ObjectSetup {
  /** The first takes writes; the others too when the adapter's `writers` is "all". */
  readonly regions: readonly ObjectRegion[];
  /** Lets time pass, in which rows and bytes travel and bytes are collected. */
  advance(ms: number): Promise<void>;
  partition(a: string, b: string): Promise<void>;
  heal(): Promise<void>;
  /** While held, rows travel and bytes do not. */
  holdBytes?(isHeld: boolean): Promise<void>;
  /** Ends the region's process at once; its objects answer again after `restart`. */
  kill?(region: string): Promise<void>;
  restart?(region: string): Promise<void>;
  /** Digests of the files on the region's disk, named or not. */
  filesOf?(region: string): Promise<readonly string[]>;
  close?(): Promise<void>;
}

export type ObjectNeed =
  | "one region"
  | "two regions"
  | "two writers"
  | "conditions"
  | "checked names"
  | "held bytes"
  | "kill"
  | "failover"
  | "files";

export interface ObjectLaw {
  readonly name: string;
  readonly needs: readonly ObjectNeed[];
  /** Rejects when the law does not hold. */
  check(setup: ObjectSetup): Promise<void>;
}

export const objectLaws: readonly ObjectLaw[] = [
  ...putLaws,
  ...listingLaws,
  ...travelLaws,
  ...crashLaws,
];

const MEETS: Readonly<Record<ObjectNeed, (abilities: ObjectAbilities) => boolean>> = {
  "one region": () => true,
  "two regions": ({ regions }) => regions === 2,
  "two writers": ({ regions, writers }) => regions === 2 && writers === "all",
  conditions: ({ conditions }) => conditions,
  "checked names": ({ checksNames }) => checksNames,
  "held bytes": ({ holdsBytes }) => holdsBytes,
  kill: ({ kills }) => kills,
  failover: ({ failsOver }) => failsOver,
  files: ({ showsFiles }) => showsFiles,
};

/** Whether an adapter of these abilities is asked to keep the law. */
export const isPutTo = ({ needs }: ObjectLaw, abilities: ObjectAbilities): boolean =>
  needs.every((need) => MEETS[need](abilities));

/** What the setup can do is what was declared: no less, and no more that goes untested. */
function checkAbilities(name: string, abilities: ObjectAbilities, setup: ObjectSetup): void {
  const found = {
    regions: setup.regions.length,
    holdsBytes: setup.holdBytes !== undefined,
    kills: setup.kill !== undefined && setup.restart !== undefined,
    showsFiles: setup.filesOf !== undefined,
  };
  for (const [ability, value] of Object.entries(found)) {
    const declared = abilities[ability as keyof ObjectAbilities];
    assert(declared === value, `${name} declares ${ability} ${declared}, and has ${value}`);
  }
}

export function describeObjectContract(
  name: ObjectAdapterName,
  setup: () => Promise<ObjectSetup>,
): void {
  const abilities = OBJECT_ADAPTERS[name];
  describe(`${name}: object contract`, () => {
    for (const law of objectLaws.filter((one) => isPutTo(one, abilities))) {
      it(law.name, async () => {
        const opened = await setup();
        try {
          checkAbilities(name, abilities, opened);
          await law.check(opened);
        } finally {
          await opened.close?.();
        }
      });
    }
  });
}
