/**
 * What a simulated outage costs: the shipped deployment, 15 virtual minutes, the primary region
 * killed, 1,000 tickets submitted to the other, everything compared at the end. *composition*
 *
 *   node dist/bench/outage.js [AT_ONCE]        how many tickets are on their way together
 *
 * Each part is told in milliseconds of this machine. The first of ROUNDS compiles what the others
 * use; the median is what one test among several of a file costs.
 */

import { simulate } from "../testing/index.ts";
import deployment from "../understudy.config.ts";
import { mustMeasure } from "./measured.ts";

const ROUNDS = 5;
const TICKETS = 1_000;
const OUTAGE_MS = 15 * 60_000;
const [atOnce = "20"] = process.argv.slice(2);

type Part = "start" | "sign in" | "1,000 tickets" | "the rest of 15 minutes" | "check";

async function round(seed: number): Promise<ReadonlyMap<Part, number>> {
  const parts = new Map<Part, number>();
  let lastMs = performance.now();
  const took = (part: Part): void => {
    parts.set(part, performance.now() - lastMs);
    lastMs = performance.now();
  };
  const world = await simulate({ deployment, seed });
  took("start");
  const reporter = world.client({ near: "eu-west-1" });
  await reporter.signIn("reporter");
  took("sign in");
  world.kill("eu-west-1");
  const submit = async (number: number): Promise<void> => {
    const description = `Ticket ${number} of an outage`;
    const { status } = await reporter.send("POST", "/tickets/api/tickets", { description });
    if (status !== 201) throw new Error(`ticket ${number} was answered with ${status}`);
  };
  for (let from = 0; from < TICKETS; from += Number(atOnce)) {
    await Promise.all(Array.from({ length: Number(atOnce) }, (_, at) => submit(from + at)));
  }
  took("1,000 tickets");
  await world.advance(OUTAGE_MS - world.now);
  took("the rest of 15 minutes");
  const { ok, acknowledged } = await world.check();
  took("check");
  mustMeasure("acknowledged tickets", acknowledged, TICKETS);
  if (!ok) throw new Error("the check failed");
  return parts;
}

const rounds: ReadonlyMap<Part, number>[] = [];
for (let seed = 1; seed <= ROUNDS; seed++) rounds.push(await round(seed));
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const total = (parts: ReadonlyMap<Part, number>): number =>
  [...parts.values()].reduce((sum, ms) => sum + ms, 0);
const say = (name: string, first: number, all: readonly number[]): void =>
  void process.stdout.write(
    `${name}: first ${first.toFixed(0)} ms, median of ${ROUNDS} ${median(all).toFixed(0)} ms\n`,
  );
for (const part of rounds[0]?.keys() ?? []) {
  const all = rounds.map((parts) => parts.get(part) ?? 0);
  say(part, all[0] ?? 0, all);
}
const totals = rounds.map(total);
say("together", totals[0] ?? 0, totals);
