/**
 * `npm run swarm -- [--seeds N] [--seconds S] [--from S] [--apps-every K] [--keep DIR]
 * [--history FILE]` *composition*
 *
 * Searches for faults of our own: each seed is a random deployment with random faults, on the cores
 * alone, and every K-th one on a whole app as well. What fails is made smaller, printed with its
 * seed, and kept as JSON; drill/regressions is replayed first by the tests. `--history` writes what
 * the clients of the last whole-app run saw, as EDN. `--seconds` ends the search at the first seed
 * after that time, and the last line says how many seeds it reached.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { toEdn } from "../edn.ts";
import { planOf } from "./plan.ts";
import { exploreCores, keep, type Regression, shrink } from "./regression.ts";
import { runPlan } from "./run.ts";

const options = {
  seeds: { type: "string", default: "100" },
  seconds: { type: "string" },
  from: { type: "string", default: "1" },
  "apps-every": { type: "string", default: "10" },
  keep: { type: "string", default: "drill/regressions" },
  history: { type: "string" },
} as const;

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  process.stderr.write(`swarm: ${name} is not a whole number from ${least} on, got ${text}\n`);
  process.exit(64);
}

const { values } = parseArgs({ options });
const seeds = wholeNumber("--seeds", values.seeds, 1);
const limitMs =
  values.seconds === undefined
    ? Number.POSITIVE_INFINITY
    : wholeNumber("--seconds", values.seconds, 1) * 1000;
const from = wholeNumber("--from", values.from, 0);
const appsEvery = wholeNumber("--apps-every", values["apps-every"], 1);

let searched = 0;
let failures = 0;
let acknowledged = 0;
let appRuns = 0;

async function failed(setting: string, regression: Regression): Promise<void> {
  failures++;
  process.stdout.write(`\n${setting} FAILS\n`);
  for (const what of regression.found) process.stdout.write(`  ${what}\n`);
  const smallest = await shrink(regression);
  process.stdout.write(`  kept in ${keep(values.keep, smallest)}\n`);
}

const begun = performance.now();
for (let seed = from; seed < from + seeds && performance.now() - begun < limitMs; seed++) {
  searched++;
  const run = exploreCores(seed, []);
  acknowledged += run.acked;
  if (run.violations.length > 0) {
    const regression = { kind: "cores", seed, skip: [], found: run.violations } as const;
    await failed(`seed ${seed} (cores, ${run.setting})`, regression);
  }
  if ((seed - from) % appsEvery !== 0) continue;
  appRuns++;
  const plan = planOf(seed);
  const whole = await runPlan(plan);
  acknowledged += whole.acknowledged;
  if (values.history !== undefined) writeFileSync(values.history, toEdn(whole.history));
  if (whole.violations.length === 0) continue;
  const setting = `${plan.regions.length} regions, ${plan.mode}, ${plan.durability}`;
  await failed(`seed ${seed} (tickets, ${setting})`, {
    kind: "app",
    plan,
    found: whole.violations.slice(0, 10),
  });
}
const seconds = (performance.now() - begun) / 1000;
process.stdout.write(
  `${searched} seeds and ${appRuns} whole-app runs in ${seconds.toFixed(1)} s ` +
    `(${(searched / seconds).toFixed(1)} seeds/s), ${acknowledged} writes acknowledged, ` +
    `${failures} failures\n`,
);
process.exitCode = failures === 0 ? 0 : 1;
