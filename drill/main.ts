/**
 * `understudy drill`: runs scenarios one after the other, each against a deployment of its own, and
 * tells what came of them. *composition*
 *
 * Exit status: 0 within objectives, 1 not, 2 cannot tell; of several, 1 before 2 before 0.
 */
import { join, resolve } from "node:path";
import { ConfigurationError } from "../base/errors.ts";
import { openLocal } from "../targets/local/open.ts";
import type { Scenario } from "./faults/scenario.ts";
import { SCENARIOS, scenarioOf } from "./faults/table.ts";
import { writeReport } from "./report/folder.ts";
import { summaryLines } from "./report/summary.ts";
import { verdictJson } from "./report/verdict-json.ts";
import { type DrillResult, runDrill } from "./run.ts";

export interface DrillOptions {
  readonly scenarios: readonly string[];
  readonly list: boolean;
  readonly all: boolean;
  readonly target: "simulated" | "local";
  /** Chooses what the virtual users do. */
  readonly seed?: number;
  /** Repeats the faults so often in one deployment. */
  readonly runs?: number;
  /** Under load, per run. */
  readonly durationMs?: number;
  /** Writes a second, and half as many reads. */
  readonly rate?: number;
  readonly reportDir?: string;
  /** Another deployment than the shipped one; it has to have tickets. */
  readonly config?: string;
  readonly json: boolean;
}

const DEFAULT_SCENARIO = "region-kill";
const DEFAULT_RATE = 200;
const DURATION_MS = 20_000;
/** Of each of several. */
const REPEATED_DURATION_MS = 10_000;
const DURATION_LEAST_MS = 2_000;
const DURATION_MOST_MS = 3_600_000;
const RATE_MOST = 20_000;

const out = (line: string): void => void process.stdout.write(`${line}\n`);
const err = (line: string): void => void process.stderr.write(`${line}\n`);

/** Throws a ConfigurationError for a scenario or a number that cannot be used. */
export function checkDrillOptions(options: DrillOptions): void {
  chooseScenarios(options);
  checkNumbers(options);
}

/** Options that `checkDrillOptions` accepts. */
export async function runDrillCommand(options: DrillOptions): Promise<number> {
  if (options.list) return listScenarios(options.json);
  if (options.target === "simulated") return refuseSimulated(options.json);
  const chosen = chooseScenarios(options);
  const stopped = listenForInterrupt();
  const dir = resolve(options.reportDir ?? join("reports", `drill-${stampOf(new Date())}`));
  const results: (DrillResult & { readonly page: string })[] = [];
  try {
    for (const scenario of chosen) {
      if (stopped.signal.aborted) break;
      const result = await drill(scenario, options, stopped.signal);
      const madeAt = new Date().toISOString();
      const page = await writeReport(result, { dir, title: scenario.title, madeAt });
      results.push({ ...result, page });
      if (!options.json) for (const line of [...summaryLines(result.verdict), "", page]) out(line);
    }
  } finally {
    stopped.forget();
  }
  const status = worstOf(results, chosen.length);
  if (options.json) {
    const drills = results.map(({ verdict, page }) => ({ ...verdictJson(verdict), page }));
    out(JSON.stringify({ exitStatus: status, reportDir: dir, drills }));
  } else if (chosen.length > 1) {
    out("");
    for (const { verdict } of results) out(`  ${verdict.scenario}: ${verdict.conclusion}`);
  }
  return status;
}

async function drill(
  scenario: Scenario,
  options: DrillOptions,
  signal: AbortSignal,
): Promise<DrillResult> {
  const rounds = options.runs ?? 1;
  const say = sayer(scenario.id);
  say(`starting a deployment of its own; ${scenario.title.toLowerCase()}`);
  const target = await openLocal({
    log: say,
    ...(options.config === undefined ? {} : { configFile: options.config }),
    keepData: process.env["UNDERSTUDY_KEEP_DRILL_DATA"] === "1",
  });
  try {
    return await runDrill({
      target,
      scenario,
      rounds,
      durationMs: options.durationMs ?? (rounds > 1 ? REPEATED_DURATION_MS : DURATION_MS),
      writesPerSecond: options.rate ?? DEFAULT_RATE,
      seed: options.seed ?? 1,
      say,
      signal,
    });
  } finally {
    if (process.env["UNDERSTUDY_KEEP_DRILL_DATA"] === "1") say(`kept: ${target.dataDir}`);
    await target.stop();
  }
}

/** Progress goes to stderr, so that what is on stdout can be kept. */
function sayer(name: string): (line: string) => void {
  const beganMs = performance.now();
  return (line) => {
    const seconds = ((performance.now() - beganMs) / 1000).toFixed(1).padStart(6);
    err(`${seconds} s  ${name}: ${line}`);
  };
}

function listScenarios(asJson: boolean): number {
  if (asJson) {
    const shown = SCENARIOS.map(({ id, title, objectives, moves }) => {
      return { id, title, objectives, moves: moves ?? null, targets: ["local"] };
    });
    out(JSON.stringify({ scenarios: shown }));
    return 0;
  }
  const width = Math.max(...SCENARIOS.map(({ id }) => id.length));
  for (const { id, title } of SCENARIOS) out(`${id.padEnd(width)}  ${title}`);
  return 0;
}

/** Said, and not passed over: a drill that ran nothing has told nothing. */
function refuseSimulated(asJson: boolean): number {
  const detail =
    "No scenario of the drill runs on the simulated target yet: it has no HTTP interface to " +
    "judge. Its own exploration runs with the tests (targets/simulated). Use --target local.";
  err(`understudy: ${detail}`);
  if (asJson) out(JSON.stringify({ exitStatus: 2, drills: [], detail }));
  return 2;
}

function chooseScenarios({ scenarios, all }: DrillOptions): readonly Scenario[] {
  if (all) return SCENARIOS;
  const names = scenarios.length === 0 ? [DEFAULT_SCENARIO] : [...new Set(scenarios)];
  return names.map((name) => {
    const scenario = scenarioOf(name);
    if (scenario !== undefined) return scenario;
    const known = SCENARIOS.map(({ id }) => id).join(", ");
    throw new ConfigurationError({
      what: "no scenario has this name",
      got: name,
      fix: `There are ${known}.`,
    });
  });
}

function checkNumbers({ durationMs = DURATION_MS, rate = DEFAULT_RATE }: DrillOptions): void {
  if (!(durationMs >= DURATION_LEAST_MS && durationMs <= DURATION_MOST_MS)) {
    throw new ConfigurationError({
      what: "--duration is not usable",
      got: durationMs,
      fix: "Give 2s to 1h.",
    });
  }
  if (!(rate > 0 && rate <= RATE_MOST)) {
    throw new ConfigurationError({
      what: "--rate is not usable",
      got: rate,
      fix: `Give up to ${RATE_MOST} writes a second.`,
    });
  }
}

function worstOf(results: readonly DrillResult[], wanted: number): number {
  const statuses = results.map(({ verdict }) => verdict.exitStatus);
  if (statuses.includes(1)) return 1;
  return statuses.includes(2) || statuses.length < wanted ? 2 : 0;
}

/** The first interrupt ends the drill early and judges what was seen; the second ends it at once. */
function listenForInterrupt() {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(2);
    controller.abort(new Error("interrupted"));
  };
  const signals = ["SIGINT", "SIGTERM"] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    forget: () => {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}

const stampOf = (date: Date): string => date.toISOString().slice(0, 19).replaceAll(/[:T]/g, "-");
