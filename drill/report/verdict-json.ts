/** A verdict for programs: figures, counts and what was found; without whole histories. *pure* */
import type { Verdict } from "../checker/verdict.ts";
import { figuresOf } from "./summary.ts";

const LISTED_MOST = 1_000;

export function verdictJson(verdict: Verdict): Readonly<Record<string, unknown>> {
  const { fates, reads, recoveries: _, ...rest } = verdict;
  const late = fates.missing.filter((one) => one.fate === "late").length;
  return finite({
    ...rest,
    recovery: figuresOf(verdict.recoveries),
    rounds: verdict.recoveries.filter(({ group }) => group === "write" || group === "read"),
    writes: {
      acknowledged: fates.acknowledged,
      present: fates.present,
      late,
      lost: fates.missing.length - late,
      unknown: fates.unknown,
      refusedButThere: fates.refused.length,
      twice: fates.twice,
      missing: fates.missing.slice(0, LISTED_MOST),
    },
    reads: { ...reads, faults: reads.faults.slice(0, LISTED_MOST) },
    findings: verdict.findings.slice(0, LISTED_MOST),
    differences: verdict.differences.slice(0, LISTED_MOST),
  }) as Readonly<Record<string, unknown>>;
}

/** JSON has no infinity: for ever is null there. */
function finite(value: unknown): unknown {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (Array.isArray(value)) return value.map(finite);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, of]) => [name, finite(of)]));
}
