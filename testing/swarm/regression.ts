/**
 * A failing run of the swarm as it is kept in drill/regressions, made as small as it gets. *shell*
 *
 * Shrinking leaves out one fault after the other, as long as the run still fails.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ExploreOptions, explore } from "../../targets/simulated/explore.ts";
import { FAULT_KINDS } from "../../targets/simulated/faults.ts";
import type { Plan } from "./plan.ts";
import { runPlan } from "./run.ts";

interface Kept {
  /** What the run showed when it was found. */
  readonly found: readonly string[];
  /** Why it still fails, while it does; leave it out once that is mended. */
  readonly open?: string;
}

export type Regression = Kept &
  (
    | {
        readonly kind: "cores";
        readonly seed: number;
        /** Faults left out, by their place in the run's log. */
        readonly skip: readonly number[];
      }
    | { readonly kind: "app"; readonly plan: Plan }
  );

/** What is wrong with the run; empty where it is right. */
export async function replay(regression: Regression): Promise<readonly string[]> {
  if (regression.kind === "app") return (await runPlan(regression.plan)).violations;
  return exploreCores(regression.seed, regression.skip).violations;
}

export interface CoresRun {
  readonly violations: readonly string[];
  readonly acked: number;
  readonly setting: string;
  readonly faults: readonly string[];
}

/** Every third seed meets the unusual ones too: disks, members, sleep, forced takeovers. */
const faultsOf = (seed: number): Partial<ExploreOptions> =>
  seed % 3 === 0 ? { faults: FAULT_KINDS } : {};

/** An assertion of the cores that fails counts as what was found. */
export function exploreCores(seed: number, skip: readonly number[]): CoresRun {
  try {
    return explore({ seed, skip, ...faultsOf(seed) });
  } catch (error) {
    const violations = [`the world stopped: ${(error as Error).stack ?? String(error)}`];
    return {
      violations,
      acked: 0,
      setting: "unknown",
      faults: Array.from({ length: 20 }, () => ""),
    };
  }
}

export async function shrink(
  regression: Regression,
  run: (smaller: Regression) => Promise<readonly string[]> = replay,
): Promise<Regression> {
  const count =
    regression.kind === "app"
      ? regression.plan.faults.length
      : exploreCores(regression.seed, regression.skip).faults.length;
  let smallest = regression;
  // From the last on, so that what is left keeps its place.
  for (let at = count - 1; at >= 0; at--) {
    const smaller = without(smallest, at);
    const found = await run(smaller);
    if (found.length > 0) smallest = { ...smaller, found };
  }
  return smallest;
}

function without(regression: Regression, at: number): Regression {
  if (regression.kind === "cores") return { ...regression, skip: [...regression.skip, at] };
  const { plan } = regression;
  return {
    ...regression,
    plan: { ...plan, faults: plan.faults.filter((_, index) => index !== at) },
  };
}

export const nameOf = (regression: Regression): string =>
  regression.kind === "app" ? `app-${regression.plan.seed}.json` : `cores-${regression.seed}.json`;

export function keep(folder: string, regression: Regression): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, nameOf(regression));
  writeFileSync(path, `${JSON.stringify(regression, null, 2)}\n`);
  return path;
}

/** By file name. */
export function keptIn(folder: string): readonly (readonly [string, Regression])[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => [name, JSON.parse(readFileSync(join(folder, name), "utf8")) as Regression]);
}
