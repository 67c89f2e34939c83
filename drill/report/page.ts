/**
 * The report as one HTML page that needs nothing else: no script, no font, no network. *pure*
 */
import { latencyOf } from "../checker/recovery.ts";
import { shownMs } from "../checker/verdict.ts";
import type { DrillResult } from "../run.ts";
import { escape, latencyPlot, throughputPlot, timeline } from "./plots.ts";
import { figuresOf, type Spread } from "./summary.ts";

const ROWS_MOST = 2_000;

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6b7e; --line: #d9dfe7; --paper: #fff;
  --good: #1f8a4c; --bad: #c2362b; --doubt: #a86a00; --one: #2f6fd0; --two: #b2509e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6ebf2; --soft: #9aa8bb; --line: #33404f;
  --paper: #151b23; --good: #53c483; --bad: #f0736a; --doubt: #e0ab4d; --one: #77a7f2;
  --two: #dd8ccb; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 1080px; margin: 0 auto; padding: 32px 20px; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 17px; margin: 34px 0 8px; }
p.lead { color: var(--soft); margin: 0 0 18px; }
.verdict { display: inline-block; padding: 3px 12px; border-radius: 14px; font-weight: 600;
  border: 1px solid currentColor; }
.within-objectives { color: var(--good); } .not-within-objectives { color: var(--bad); }
.cannot-tell { color: var(--doubt); }
table { border-collapse: collapse; width: 100%; font-size: 13.5px; }
th, td { text-align: left; padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font-size: 11px; }
.wide { overflow-x: auto; } code { font-size: 12.5px; overflow-wrap: anywhere; }
`;

const CONCLUSIONS = {
  "within-objectives": "Within objectives",
  "not-within-objectives": "Not within objectives",
  "cannot-tell": "Cannot tell",
} as const;

const spread = ({ least, median, most }: Spread, rounds: number): string =>
  rounds === 1 ? shownMs(median) : `${shownMs(least)} / ${shownMs(median)} / ${shownMs(most)}`;

type Cell = string | number;

function table(heads: readonly string[], rows: readonly (readonly Cell[])[], none: string): string {
  if (rows.length === 0) return `<p>${escape(none)}</p>`;
  const cell = (tag: string) => (value: Cell) =>
    `<${tag}${typeof value === "number" ? ' class="n"' : ""}>${escape(String(value))}</${tag}>`;
  const head = heads.map((name) => `<th scope="col">${escape(name)}</th>`).join("");
  const body = rows.map((row) => `<tr>${row.map(cell("td")).join("")}</tr>`).join("\n");
  const parts = `<thead><tr>${head}</tr></thead><tbody>${body}</tbody>`;
  return `<div class="wide"><table>${parts}</table></div>`;
}

export function reportPage(result: DrillResult, title: string, madeAt: string): string {
  const { verdict, history } = result;
  const { conclusion, fates, epochs } = verdict;
  const sections: readonly (readonly [string, string])[] = [
    ["What happened", timeline(history, verdict)],
    ["Throughput", throughputPlot(history)],
    ["Latency", latencyPlot(history)],
    ["Recovery", recoveryTable(result)],
    ["Writes that were not there", missingTable(result)],
    [
      "Findings",
      table(
        ["check", "what"],
        verdict.findings.map((f) => [f.check, f.what]),
        "None.",
      ),
    ],
    [
      "Doubts",
      table(
        ["why it may not be possible to tell"],
        verdict.doubts.map((d) => [d]),
        "None.",
      ),
    ],
    [
      "Who acknowledged writes, by epoch",
      table(
        ["epoch", "region", "writes", "first, ms", "last, ms"],
        epochs.held.map((h) => [
          h.epoch,
          h.region,
          h.writes,
          Math.round(h.firstMs - history.fromMs),
          Math.round(h.lastMs - history.fromMs),
        ]),
        "Nobody.",
      ),
    ],
  ];
  const late = fates.missing.filter((m) => m.fate === "late").length;
  const told =
    `${fates.acknowledged} acknowledged writes: ${fates.present} present, ${late} late, ` +
    `${fates.missing.length - late} lost. ${verdict.operations} operations in ` +
    `${shownMs(history.untilMs - history.fromMs)}.`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Drill: ${escape(verdict.scenario)}</title><style>${STYLE}</style></head><body>
<h1>Drill: ${escape(verdict.scenario)}</h1>
<p class="lead">${escape(title)}. ${escape(madeAt)}</p>
<p><span class="verdict ${conclusion}">${CONCLUSIONS[conclusion]}</span> ${escape(told)}</p>
${sections.map(([name, html]) => `<h2>${name}</h2>\n${html}`).join("\n")}
</body></html>
`;
}

function recoveryTable({ verdict, history }: DrillResult): string {
  const heads = [
    "after",
    "operations",
    "path",
    "rounds",
    "longest pause",
    "sustained",
    "of",
    "failed",
    "unknown",
    "what they said",
  ];
  const rows = figuresOf(verdict.recoveries).map((f): readonly Cell[] => [
    f.mark,
    f.group,
    f.path,
    f.rounds,
    spread(f.pauseMs, f.rounds),
    spread(f.sustainedMs, f.rounds),
    f.operations,
    f.failed,
    f.unknown,
    Object.entries(f.codes)
      .map(([code, count]) => `${code} ${count}`)
      .join(", "),
  ]);
  const all = latencyOf(history.operations);
  return (
    "<p>Least / median / worst where there were several rounds. Over the whole drill an " +
    `operation took ${all.p50.toFixed(1)} ms (median), ` +
    `${all.p99.toFixed(1)} ms (99th percentile), ` +
    `${shownMs(all.most)} at most, counted from when it was due.</p>` +
    table(heads, rows, "No fault was made.")
  );
}

function missingTable({ verdict, history }: DrillResult): string {
  const { missing } = verdict.fates;
  const heads = [
    "fate",
    "missing in",
    "operation",
    "kind",
    "acknowledged by",
    "epoch",
    "at, ms",
    "what",
  ];
  const rows = missing
    .slice(0, ROWS_MOST)
    .map(({ operation: o, fate, missingIn }): readonly Cell[] => [
      fate,
      missingIn.join(", "),
      o.number,
      o.kind,
      o.region ?? "",
      o.epoch ?? "",
      Math.round(o.endMs - history.fromMs),
      `${o.marker ?? ""} ${o.receipt ?? ""}`,
    ]);
  const more = missing.length > ROWS_MOST ? `<p>And ${missing.length - ROWS_MOST} more.</p>` : "";
  return table(heads, rows, "Every acknowledged write was there.") + more;
}
