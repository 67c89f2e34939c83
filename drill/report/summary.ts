/** A verdict as lines that a person reads from top to bottom. *pure* */
import { at, type Recovery } from "../checker/recovery.ts";
import { shownMs, type Verdict } from "../checker/verdict.ts";
import { PATHS } from "../history.ts";

export interface Spread {
  readonly least: number;
  readonly median: number;
  readonly most: number;
}

export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = [...values].sort((a, b) => a - b);
  return { least: sorted[0] ?? 0, median: at(sorted, 0.5), most: sorted.at(-1) ?? 0 };
};

/** What one kind of mark came to over all rounds. */
export interface Figures {
  readonly mark: string;
  readonly path: string;
  readonly group: string;
  readonly rounds: number;
  readonly pauseMs: Spread;
  readonly sustainedMs: Spread;
  readonly operations: number;
  readonly failed: number;
  readonly unknown: number;
  readonly codes: Readonly<Record<string, number>>;
}

/** Rounds alternate between regions; what was done is what they have in common. */
const deedOf = (mark: string): string => mark.split(" ", 1)[0] ?? mark;

export function figuresOf(recoveries: readonly Recovery[]): Figures[] {
  const groups = new Map<string, Recovery[]>();
  for (const recovery of recoveries) {
    if (recovery.operations === 0) continue;
    const { mark, path, group } = recovery;
    const name = `${deedOf(mark)} ${path} ${group}`;
    groups.set(name, [...(groups.get(name) ?? []), recovery]);
  }
  return [...groups.values()].flatMap((of): Figures[] => {
    const [first] = of;
    if (first === undefined) return [];
    const codes: Record<string, number> = {};
    for (const { codes: some } of of) {
      for (const [code, count] of Object.entries(some)) codes[code] = (codes[code] ?? 0) + count;
    }
    const sum = (pick: (r: Recovery) => number): number => of.reduce((n, r) => n + pick(r), 0);
    return [
      {
        mark: of.length === 1 ? first.mark : deedOf(first.mark),
        path: first.path,
        group: first.group,
        rounds: of.length,
        pauseMs: spreadOf(of.map((r) => r.pauseMs)),
        sustainedMs: spreadOf(of.map((r) => r.sustainedMs)),
        operations: sum((r) => r.operations),
        failed: sum((r) => r.failed),
        unknown: sum((r) => r.unknown),
        codes,
      },
    ];
  });
}

const CONCLUSIONS = {
  "within-objectives": "Within objectives",
  "not-within-objectives": "NOT within objectives",
  "cannot-tell": "CANNOT TELL",
} as const;

const SHOWN_FINDINGS = 12;
const count = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

export function summaryLines(verdict: Verdict): string[] {
  const { scenario, conclusion, findings, doubts } = verdict;
  const figures = figuresOf(verdict.recoveries);
  return [
    "",
    `${scenario}: ${CONCLUSIONS[conclusion]}`,
    "",
    "  Recovery: longest pause between two successes, and from the fault until all went well",
    ...figures
      .filter(({ group }) => group === "write" || group === "read")
      .map((figure) => `    ${figureText(figure)}`),
    ...quietLines(verdict),
    "",
    "  Data",
    ...dataLines(verdict).map((line) => `    ${line}`),
    ...(findings.length === 0 ? [] : ["", `  ${count(findings.length, "finding")}`]),
    ...findings.slice(0, SHOWN_FINDINGS).map(({ check, what }) => `    ${check}: ${what}`),
    ...(findings.length > SHOWN_FINDINGS
      ? [`    and ${findings.length - SHOWN_FINDINGS} more, in the report`]
      : []),
    ...(doubts.length === 0 ? [] : ["", "  Doubts"]),
    ...doubts.slice(0, SHOWN_FINDINGS).map((doubt) => `    ${doubt}`),
    ...(doubts.length > SHOWN_FINDINGS
      ? [`    and ${doubts.length - SHOWN_FINDINGS} more, in the report`]
      : []),
  ];
}

const NAMES: Readonly<Record<string, string>> = {
  client: "smart client",
  "front-door": "front door",
};

function figureText(figure: Figures): string {
  const { mark, path, group, pauseMs, sustainedMs, rounds, failed, unknown, operations } = figure;
  const shown = (spread: Spread): string =>
    rounds === 1
      ? shownMs(spread.median)
      : `${shownMs(spread.least)} / ${shownMs(spread.median)} / ${shownMs(spread.most)}`;
  const errors =
    failed + unknown === 0
      ? `none of ${operations} failed`
      : `${failed} failed, ${unknown} unknown of ${operations} ${JSON.stringify(figure.codes)}`;
  const spread = rounds === 1 ? "" : ` (least / median / worst of ${rounds})`;
  return (
    `${mark}, ${group}s, ${NAMES[path] ?? path}: pause ${shown(pauseMs)}, ` +
    `sustained ${shown(sustainedMs)}${spread}; ${errors}`
  );
}

function quietLines({ quiet }: Verdict): string[] {
  return PATHS.flatMap((path) => {
    const write = quiet.find((q) => q.path === path && q.group === "write");
    if (write === undefined) return [];
    const { p50, p99 } = write.latencyMs;
    return [
      `    before any fault, writes, ${NAMES[path]}: longest pause ${shownMs(write.pauseMs)}, ` +
        `latency p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms`,
    ];
  });
}

function dataLines({ fates, epochs, reads, differences, generatorLateMs }: Verdict): string[] {
  const late = fates.missing.filter((one) => one.fate === "late").length;
  const lost = fates.missing.length - late;
  const held = epochs.held.map(({ epoch, region, writes }) => `${epoch} ${region} (${writes})`);
  const shownHeld = held.length > 8 ? [...held.slice(0, 4), "...", ...held.slice(-3)] : held;
  const unseen = reads.faults.filter(({ rule }) => rule === "own-write").length;
  return [
    `${fates.acknowledged} acknowledged writes: ${fates.present} present, ${late} late, ${lost} lost`,
    `unknown outcome: ${fates.unknown.present} are there, ${fates.unknown.absent} are not; ` +
      `refused but there: ${fates.refused.length}; written twice: ${fates.twice.length}`,
    `fresh reads judged: ${reads.judged}, wrong ${reads.faults.length - unseen}, ` +
      `within the exception of leased ${reads.excused}; ` +
      `own writes judged: ${reads.ownWritesJudged}, unseen ${unseen}`,
    `epochs: ${shownHeld.join(", ")}; breaches: ${epochs.faults.length}`,
    `rows that differ between regions: ${differences.length}`,
    `load generator late by at most ${shownMs(generatorLateMs.most)} (p99 ${shownMs(generatorLateMs.p99)})`,
  ];
}
