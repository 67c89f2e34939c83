/**
 * The laws of the object ports, for every adapter. *contract*
 *
 * Laws are a table, so that a test can put one of them to a broken adapter and expect it to fail:
 * contract.test.ts does that. A law whose needs an adapter lacks is skipped, with the reason.
 *
 * An adapter's test opens its regions with `contractBuckets`, empty, for each law anew. `ByteStore`
 * and `ObjectRows` are judged through the `ObjectStore` that is made of them.
 */
import { describe, it } from "vitest";
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

export interface ObjectCapabilities {
  /** Regions that take writes at the same time. */
  readonly writers: "first" | "all";
  /** A row is refused when the bytes it names are not there. */
  readonly checksNames: boolean;
  /** What was acknowledged is served by the second region when the first is gone. */
  readonly failsOver: boolean;
}

export interface ObjectSetup {
  /** The first takes writes; the others too when `writers` is "all". */
  readonly regions: readonly ObjectRegion[];
  readonly capabilities: ObjectCapabilities;
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

const REASONS: Readonly<Record<ObjectNeed, string>> = {
  "one region": "",
  "two regions": "this adapter has one region",
  "two writers": "only one region of this adapter takes writes",
  "checked names": "rows and bytes of this adapter do not know each other",
  "held bytes": "rows and bytes of this adapter cannot be held apart",
  kill: "this adapter has no process of its own",
  failover: "no other region of this adapter takes over",
  files: "this adapter has no files that could be looked at",
};

const isMet = (need: ObjectNeed, setup: ObjectSetup): boolean => {
  const { regions, capabilities } = setup;
  switch (need) {
    case "one region":
      return regions.length >= 1;
    case "two regions":
      return regions.length >= 2;
    case "two writers":
      return regions.length >= 2 && capabilities.writers === "all";
    case "checked names":
      return capabilities.checksNames;
    case "held bytes":
      return setup.holdBytes !== undefined;
    case "kill":
      return setup.kill !== undefined && setup.restart !== undefined;
    case "failover":
      return capabilities.failsOver;
    case "files":
      return setup.filesOf !== undefined;
  }
};

/** Why the law cannot be put to this adapter; undefined when it can. */
export function lackingFor(law: ObjectLaw, setup: ObjectSetup): string | undefined {
  const unmet = law.needs.find((need) => !isMet(need, setup));
  return unmet === undefined ? undefined : REASONS[unmet];
}

export function describeObjectContract(name: string, setup: () => Promise<ObjectSetup>): void {
  describe(`${name}: object contract`, () => {
    for (const law of objectLaws) {
      it(law.name, async (context) => {
        const opened = await setup();
        try {
          const reason = lackingFor(law, opened);
          if (reason !== undefined) context.skip(reason);
          await law.check(opened);
        } finally {
          await opened.close?.();
        }
      });
    }
  });
}
