/**
 * What each target adds to the contract or lacks of it. *pure*
 *
 * The key-value contract promises what the weakest target keeps. These flags say how the targets
 * differ; docs/reference/targets.md is made of them (contracts.test.ts keeps it so). `local` and
 * `simulated` run the same store over the same cores: they differ only where it says so.
 */
import { KEY_VALUE_ADAPTERS } from "../layers/key-value/contract-adapters.ts";
import { OBJECT_ADAPTERS } from "../layers/objects/contract-adapters.ts";

export const TARGETS = ["simulated", "local", "aws"] as const;
export type Target = (typeof TARGETS)[number];

export interface Capability {
  readonly what: string;
  /** What an app may count on in every target. */
  readonly promised: string;
  readonly targets: Readonly<Record<Target, string>>;
  /** Where it is so: the file that a reader opens. */
  readonly because: readonly string[];
}

const same = "as promised";

const both = (text: string, aws: string): Capability["targets"] => ({
  simulated: text,
  local: text,
  aws,
});

export const CAPABILITIES: readonly Capability[] = [
  {
    what: "transaction",
    promised: "at most 96 writes, all or nothing within a region",
    targets: both(same, "as promised, and at most 4 MB together: more is `too-large`"),
    because: ["targets/aws/runtime/key-value-transaction.ts"],
  },
  {
    what: "largest item",
    promised: "400 KB as JSON text",
    targets: both(
      same,
      "400 KB with keys, version and index entries: `too-large` a little earlier",
    ),
    because: ["layers/key-value/table.ts", "targets/aws/runtime/key-value-tables.ts"],
  },
  {
    what: "index entry",
    promised: "the index's fields and the item's key, 1,600 bytes encoded",
    targets: both(same, "the index's sort key and the item's key, 1,024 bytes encoded"),
    because: ["layers/key-value/table.ts", "targets/aws/runtime/key-value-tables.ts"],
  },
  {
    what: "index read",
    promised: "may lag behind its table",
    targets: both("never lags: written in the item's transaction", "lags; the read says `stale`"),
    because: ["layers/key-value/items.ts", "targets/aws/runtime/key-value.ts"],
  },
  {
    what: "durability `replicated`",
    promised: "no: `local`",
    targets: both("yes", "no: a global table acknowledges in one region"),
    because: ["layers/region/in-sync.ts", "targets/aws/runtime/key-value.ts"],
  },
  {
    what: "loss at a failover",
    promised: "bounded by the lag",
    targets: both(
      "none for `replicated` apps",
      "bounded by the engine's lag, which nobody promises",
    ),
    because: ["layers/region/app-region.ts"],
  },
  {
    what: "after a failover: late writes",
    promised: "not told",
    targets: both(
      "each told, with both values",
      "not told: the engine keeps the last writer by its own clock",
    ),
    because: ["layers/region/judgement.ts"],
  },
  {
    what: "order of arrival in another region",
    promised: "per item; half of a transaction may be seen",
    targets: both("whole transactions, in the order of the log", same),
    because: ["layers/region/following.ts"],
  },
  {
    what: "merge of two writes",
    promised: "one stays, the same one everywhere",
    targets: both(
      "the later epoch, then the later hybrid time, then the region",
      "the later by the engine's clock; epochs count nothing, so the lease alone keeps them apart",
    ),
    because: ["layers/key-value/merge.ts"],
  },
  {
    what: "fence of writes",
    promised: "no write of an ended epoch is acknowledged",
    targets: both(
      "lease in the transaction and again at the answer; in-sync set",
      "lease row in the transaction, by the writer's clock, and the lease again at the answer",
    ),
    because: ["layers/region/holding.ts", "targets/aws/runtime/lease-rows.ts"],
  },
  {
    what: "read `current`",
    promised: "linearizable",
    targets: both(
      "confirmed by every region that could have taken over",
      "strongly consistent in this region, under a lease that every takeover waits for",
    ),
    because: ["layers/region/reads.ts", "targets/aws/runtime/key-value.ts"],
  },
  {
    what: "age of a stale read",
    promised: "may be absent",
    targets: both("told", "not told"),
    because: ["layers/region/reads.ts", "targets/aws/runtime/key-value.ts"],
  },
  {
    what: "receipt of another region",
    promised: "named as missing until it has arrived",
    targets: both(
      "arrival is known by position; the read waits for it, bounded",
      "arrival is not known: named as missing for 60 s, then assumed; no wait",
    ),
    because: ["layers/key-value/receipt.ts", "targets/aws/runtime/key-value-receipt.ts"],
  },
  {
    what: "`subscribe`",
    promised: "changes seen here, own or replicated, perhaps twice",
    targets: both(same, "own process; others' only where a reader of the stream calls `tell`"),
    because: ["layers/region/store.ts", "targets/aws/runtime/key-value.ts"],
  },
  {
    what: "idempotency key",
    promised:
      "in the write's transaction; arrives in other regions; counts for 24 h, and as new after that",
    targets: both(
      "as promised, before or with the effect",
      "as promised, before or after the effect",
    ),
    because: ["layers/region/used-keys.ts", "targets/aws/runtime/key-value-transaction.ts"],
  },
  {
    what: "item past its `expires`",
    promised: "stays until then, by the writer's clock; is collected some time after",
    targets: both(
      "by the clock of the serving region, within seconds while it serves; 4,800 a second and app",
      "by DynamoDB's time to live, usually within days",
    ),
    because: ["layers/region/collecting.ts", "targets/aws/runtime/key-value-tables.ts"],
  },
  {
    what: "bytes of objects",
    promised: "whole and verified; on their way to every region",
    targets: both(
      "`replicated`: in every region in sync before the row is acknowledged",
      "not built yet",
    ),
    because: ["layers/region/region-bytes.ts", "layers/region/following.ts"],
  },
  {
    what: "what runs",
    promised: "",
    targets: {
      simulated: "one thread, virtual time, seeded faults",
      local: "one process a region, one more for the witness",
      aws: "nothing resident: voters, leases and gate are rows and functions",
    },
    because: ["targets/simulated/world.ts", "targets/local/supervisor/supervisor.ts"],
  },
];

export function targetsPage(): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const link = (path: string): string => `[${path.split("/").at(-1)}](../../${path})`;
  const rows = CAPABILITIES.map(({ what, promised, targets, because }) =>
    row([what, promised, ...TARGETS.map((target) => targets[target]), because.map(link).join(" ")]),
  );
  return [
    "# Targets",
    "",
    "Generated from `tools/target-capabilities.ts`; `npx vitest run tools/contracts.test.ts -u`",
    "writes it anew. An app that counts on nothing but the column *promised* runs on every target.",
    "",
    row(["what", "promised", ...TARGETS, "where"]),
    row(["---", "---", ...TARGETS.map(() => "---"), "---"]),
    ...rows,
    "",
    "## Who is put to which laws",
    "",
    "Each adapter of a port runs all laws of that port's contract that its abilities allow; a law",
    "that needs more is no test of it. Declared in `contract-adapters.ts` beside each contract.",
    "",
    row(["port", "adapter", "able to"]),
    row(["---", "---", "---"]),
    ...abilityRows("key-value", KEY_VALUE_ADAPTERS).map(row),
    ...abilityRows("objects", OBJECT_ADAPTERS).map(row),
    "",
  ].join("\n");
}

function abilityRows(port: string, adapters: Readonly<Record<string, object>>): string[][] {
  return Object.entries(adapters).map(([name, abilities]) => {
    const able = Object.entries(abilities)
      .filter(([, value]) => value !== false)
      .map(([ability, value]) => (value === true ? `\`${ability}\`` : `\`${ability}\` ${value}`));
    return [port, name, able.join(", ")];
  });
}
