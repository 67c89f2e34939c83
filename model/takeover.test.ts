/**
 * Runs the model checker on takeover.pml, where spin and gcc are installed. UNDERSTUDY_MODEL says
 * how far it looks: `narrow` (default) takes seconds, `usual` a minute, `wide` minutes and 4 GB.
 */

import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ampleMs } from "../targets/local/tests/limits.ts";

const source = new URL("takeover.pml", import.meta.url).pathname;
const lacking = [
  ["spin", "-V"],
  ["gcc", "--version"],
].flatMap(([tool = "", flag = ""]) => (spawnSync(tool, [flag]).status === 0 ? [] : [tool]));
if (lacking.length > 0) console.warn(`skipped: the model, since there is no ${lacking.join(", ")}`);

const BOUNDS = ["narrow", "usual", "wide"] as const;
const asked = process.env["UNDERSTUDY_MODEL"] ?? "narrow";
const bounds = BOUNDS.find((name) => name === asked);
if (bounds === undefined) throw new RangeError(`UNDERSTUDY_MODEL: got ${asked}, use ${BOUNDS}`);
const withinMs = ampleMs(bounds === "wide" ? 1_200_000 : 240_000);
// To compile takes longer than a narrow search does.
const optimization = bounds === "narrow" ? "-O0" : "-O2";
const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

interface Verdict {
  readonly states: number;
  readonly seconds: number;
  readonly megabytes: number;
  /** The assertion that does not hold. */
  readonly violated: string | undefined;
  /** Whether every state within the bounds was looked at. */
  readonly isComplete: boolean;
}

function run(command: string, parameters: readonly string[], cwd: string): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(command, parameters, { cwd, timeout: withinMs, killSignal: "SIGKILL" });
    let text = "";
    child.stdout.on("data", (part: Buffer) => {
      text += part.toString();
    });
    child.stderr.on("data", (part: Buffer) => {
      text += part.toString();
    });
    child.once("error", fail);
    child.once("close", (_, signal) => {
      if (signal === null) done(text);
      else fail(new Error(`${command} was ended by ${signal} after ${withinMs} ms\n${text}`));
    });
  });
}

const numberIn = (text: string, pattern: RegExp): number =>
  Number(pattern.exec(text)?.[1] ?? "NaN");

async function check(definitions: string): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-model-"));
  folders.push(folder);
  copyFileSync(source, join(folder, "takeover.pml"));
  const defined = definitions.split(" ").map((one) => `-D${one}`);
  const generated = await run("spin", ["-a", ...defined, "takeover.pml"], folder);
  expect(generated, "spin has nothing to complain of").toBe("");
  const flags = [optimization, "-w", "-DSAFETY", "-DCOLLAPSE", "-DNOCLAIM", "-DMEMLIM=4000"];
  await run("gcc", [...flags, "-o", "pan", "pan.c"], folder);
  const report = await run(join(folder, "pan"), ["-n", "-m100000", "-w23"], folder);
  const verdict = {
    states: numberIn(report, /(\d+(?:\.\d+e\+\d+)?) states, stored/),
    seconds: numberIn(report, /elapsed time ([\d.]+) seconds/),
    megabytes: numberIn(report, /([\d.]+)\s+total actual memory usage/),
    violated: /assertion violated (.*) \(at depth/.exec(report)?.[1],
    isComplete: !/not completed|max search depth too small|out of memory/.test(report),
  };
  const end = verdict.violated === undefined ? "holds" : `violated: ${verdict.violated}`;
  const { states, seconds, megabytes } = verdict;
  console.info(`${definitions}: ${states} states, ${seconds} s, ${megabytes} MB: ${end}`);
  return verdict;
}

type Case = readonly [what: string, definitions: string];

const narrow: readonly Case[] = [
  ["the register alone, four rounds", "REGISTER NB=5 EPOCHS=5"],
  ["replicated: two takeovers", "REPLICATED NB=4 EPOCHS=3 WRITES=1 CRASHES=0"],
  ["replicated: one takeover, a crash", "REPLICATED NB=3 EPOCHS=3 WRITES=1 CRASHES=1"],
  ["local: one takeover, a crash", "LOCAL NB=3 EPOCHS=3 CRASHES=1 VOTER_CRASHES=0"],
];
const usual: readonly Case[] = [
  ["the register alone, four rounds", "REGISTER NB=5 EPOCHS=5"],
  ["replicated: two takeovers, two writes", "REPLICATED NB=4 EPOCHS=3 WRITES=2 CRASHES=0"],
  ["replicated: two takeovers, a crash", "REPLICATED NB=4 EPOCHS=3 WRITES=1 CRASHES=1"],
  ["local: two takeovers, a region and a voter crash", "LOCAL NB=3 EPOCHS=3 CRASHES=1"],
];
const wide: readonly Case[] = [
  ["the register alone, five rounds", "REGISTER NB=6 EPOCHS=6"],
  ["replicated: failover, grow, failback", "REPLICATED NB=5 EPOCHS=3 WRITES=1 CRASHES=0"],
  ["replicated: a crash, two writes", "REPLICATED NB=4 EPOCHS=3 WRITES=2 CRASHES=1"],
  ["local: three rounds, a crash", "LOCAL NB=4 EPOCHS=3 CRASHES=1 VOTER_CRASHES=0"],
];

const replicated = "REPLICATED NB=4 EPOCHS=3 WRITES=1 CRASHES=1";
const local = "LOCAL NB=3 EPOCHS=3 CRASHES=1";
const broken: readonly Case[] = [
  ["a voter accepts below its promise", "REGISTER NB=4 EPOCHS=6 REUSED_PROMISE"],
  ["the in-sync set shrinks before that is known", `${replicated} SHRINK_BEFORE_KNOWN`],
  ["a region out of sync takes over", `${replicated} TAKER_NOT_IN_SYNC`],
  ["a write is acknowledged with only the own flush", `${replicated} ACK_OWN_FLUSH_ONLY`],
  ["a write is acknowledged before the own flush", `${replicated} ACK_UNFLUSHED`],
  ["a local app's taker does not wait for the lease", `${local} NO_WAIT`],
  ["a voter forgets its grants at a restart", `${local} VOTER_FORGETS`],
  ["nothing: a replicated write is acknowledged in epoch 3", `${replicated} REACHED`],
  ["nothing: a local write is acknowledged in epoch 3", `${local} REACHED`],
];

/** Found only after eight seconds of search. */
const slowlyFound: readonly Case[] = [
  ["an epoch begins below the fence", `${replicated} BEGIN_BELOW_FENCE`],
];

describe.runIf(lacking.length === 0)("the model of the takeover", { timeout: 2 * withinMs }, () => {
  test.each({ narrow, usual, wide }[bounds])("holds in every state: %s", async (_, definitions) => {
    const verdict = await check(definitions);
    expect(verdict).toMatchObject({ violated: undefined, isComplete: true });
    expect(verdict.states).toBeGreaterThan(1_000);
  });

  test.each(bounds === "narrow" ? broken : [...broken, ...slowlyFound])(
    "finds the fault where %s",
    async (_, definitions) => {
      expect((await check(definitions)).violated).toBeDefined();
    },
  );
});
