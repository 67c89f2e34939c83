/**
 * Regions added and removed under load, with every other fault beside it: seeds of the simulation
 * of the cores. Prints each violation, and what the runs were like.
 *
 *   node bench/members.ts [first seed] [seeds]        (Node 22.18 or later)
 */

import { explore } from "../targets/simulated/explore.ts";
import { FAULT_KINDS } from "../targets/simulated/faults.ts";
import { mustMeasure } from "./measured.ts";

const [first = 1, count = 300] = process.argv.slice(2).map(Number);
const MEMBERS = "members";
/** Members change often, among everything else that goes wrong. */
const KINDS = [MEMBERS, MEMBERS, MEMBERS, MEMBERS, ...FAULT_KINDS] as const;
/** And with nothing else, so that a change is not always disturbed. */
const CALM = [MEMBERS, MEMBERS, "kill"] as const;

let [violations, acknowledged, changes] = [0, 0, 0];
const settings = new Map<string, number>();
for (let seed = first; seed < first + count; seed++) {
  const faults = seed % 3 === 0 ? CALM : KINDS;
  const objects = seed % 2 === 0;
  const run = explore({ seed, faults, objects, regions: 1 + (seed % 4) });
  acknowledged += run.acked;
  changes += run.changedMembers;
  settings.set(run.setting, (settings.get(run.setting) ?? 0) + 1);
  for (const what of run.violations) console.log(`seed ${seed} (${run.setting}): ${what}`);
  if (run.violations.length > 0) violations++;
}
mustMeasure("acknowledged writes", acknowledged);
mustMeasure("changes of the members", changes);
console.log(
  `${count} seeds from ${first}: ${violations} with a violation; ` +
    `${acknowledged} writes acknowledged, ${changes} changes of the members`,
);
for (const [setting, runs] of [...settings].sort()) console.log(`  ${runs} runs: ${setting}`);
process.exitCode = violations === 0 ? 0 : 1;
