/** The plots of the report, as SVG text. *pure* */
import type { Verdict } from "../checker/verdict.ts";
import { type History, PATHS, type PathName } from "../history.ts";
import { sampleOf, slicesOf } from "./series.ts";

const WIDTH = 1040;
const LEFT = 70;
const RIGHT = 10;
const DOTS_MOST = 6_000;
const SLICES = 200;
const LABELS_MOST = 24;

export const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const COLOURS: Readonly<Record<PathName, string>> = {
  client: "var(--one)",
  "front-door": "var(--two)",
};

type Axis = (atMs: number) => number;

function axisOf({ fromMs, untilMs }: History): Axis {
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(1, untilMs - fromMs);
  return (atMs) => LEFT + (Math.min(Math.max(atMs, fromMs), untilMs) - fromMs) * scale;
}

const svg = (height: number, label: string, body: string): string =>
  `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(label)}">${body}</svg>`;

const line = (x1: number, y1: number, x2: number, y2: number, style: string): string =>
  `<line x1="${x1.toFixed(1)}" y1="${y1.toFixed(1)}" x2="${x2.toFixed(1)}" y2="${y2.toFixed(1)}" ${style}/>`;

const text = (x: number, y: number, what: string, more = ""): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" ${more}>${escape(what)}</text>`;

function seconds(history: History, y: number): string {
  const x = axisOf(history);
  const length = history.untilMs - history.fromMs;
  const every = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((s) => length / (s * 1000) <= 16);
  const step = (every ?? 2000) * 1000;
  let body = "";
  for (let at = 0; at <= length; at += step) {
    body += text(x(history.fromMs + at), y, `${at / 1000} s`, 'text-anchor="middle"');
  }
  return body;
}

function faults(history: History, top: number, bottom: number, labelled: boolean): string {
  const x = axisOf(history);
  const few = history.marks.length <= LABELS_MOST;
  return history.marks
    .map(({ atMs, role, what }, index) => {
      const colour = role === "fault" ? "var(--bad)" : "var(--good)";
      const mark = line(x(atMs), top, x(atMs), bottom, `stroke="${colour}" stroke-dasharray="3 3"`);
      const label = labelled && few ? text(x(atMs) + 3, top + 10 + (index % 3) * 13, what) : "";
      return `<g><title>${escape(what)}</title>${mark}${label}</g>`;
    })
    .join("");
}

/** Who acknowledged writes when; faults across it. */
export function timeline(history: History, { epochs }: Verdict): string {
  const x = axisOf(history);
  const regions = [...new Set(epochs.held.map(({ region }) => region))].sort();
  const top = 48;
  const rows = regions.map((region, index) => text(0, top + index * 30 + 15, region.slice(0, 14)));
  const bars = epochs.held.map((held) => {
    const y = top + regions.indexOf(held.region) * 30;
    const from = x(held.firstMs);
    const width = Math.max(1.5, x(held.lastMs) - from);
    const told = `epoch ${held.epoch}: ${held.region}, ${held.writes} writes`;
    const label = width > 26 ? text(from + 4, y + 15, `e${held.epoch}`) : "";
    return (
      `<g><title>${escape(told)}</title><rect x="${from.toFixed(1)}" y="${y}" ` +
      `width="${width.toFixed(1)}" height="21" rx="3" fill="var(--one)" fill-opacity="0.28" ` +
      `stroke="var(--one)"/>${label}</g>`
    );
  });
  const bottom = top + regions.length * 30;
  const body = rows.join("") + bars.join("") + faults(history, 2, bottom, true);
  return svg(bottom + 22, "who served when", body + seconds(history, bottom + 15));
}

/** Acknowledged and failed operations, per path. */
export function throughputPlot(history: History): string {
  const x = axisOf(history);
  const sliceMs = Math.max(20, (history.untilMs - history.fromMs) / SLICES);
  const plots = PATHS.flatMap((path) =>
    [true, false].map((writes) => {
      const slices = slicesOf(history.operations, history, { path, writes, sliceMs });
      const most = slices.reduce((n, s) => Math.max(n, s.ok + s.failed + s.unknown), 1);
      const height = 90;
      const bar = (at: number, from: number, count: number, colour: string): string => {
        const size = (count / most) * (height - 20);
        if (count === 0) return "";
        const y = height - 4 - size - (from / most) * (height - 20);
        const width = Math.max(0.8, x(at + sliceMs) - x(at) - 0.4);
        const place = `x="${x(at).toFixed(1)}" y="${y.toFixed(1)}"`;
        const extent = `width="${width.toFixed(1)}" height="${size.toFixed(1)}"`;
        return `<rect ${place} ${extent} fill="${colour}"/>`;
      };
      const bars = slices
        .map(
          ({ atMs, ok, failed, unknown }) =>
            bar(atMs, 0, ok, COLOURS[path]) +
            bar(atMs, ok, failed, "var(--bad)") +
            bar(atMs, ok + failed, unknown, "var(--doubt)"),
        )
        .join("");
      const perSecond = Math.round((most * 1000) / sliceMs);
      const label =
        text(0, 12, `${path}`) +
        text(0, 26, `${writes ? "writes" : "reads"}`) +
        text(0, 40, `to ${perSecond}/s`);
      return svg(
        height,
        `${path} per second`,
        label + bars + faults(history, 2, height - 4, false),
      );
    }),
  );
  const legend = `<p>Blue: smart client. Purple: front door. Red: failed. Amber: outcome unknown.</p>`;
  return legend + plots.join("") + svg(18, "seconds", seconds(history, 13));
}

/** One dot an operation, on a logarithmic scale. */
export function latencyPlot(history: History): string {
  const x = axisOf(history);
  const height = 240;
  const y = (ms: number): number =>
    height - 20 - ((Math.log10(Math.min(Math.max(ms, 0.5), 20_000)) + 0.3) / 4.6) * (height - 36);
  const lines = [1, 10, 100, 1_000, 10_000]
    .map(
      (ms) =>
        line(LEFT, y(ms), WIDTH - RIGHT, y(ms), 'stroke="var(--line)"') +
        text(0, y(ms) + 4, `${ms} ms`),
    )
    .join("");
  const dots = sampleOf(history.operations, DOTS_MOST)
    .filter((o) => o.dueMs >= history.fromMs)
    .map((o) => {
      const colour = o.outcome === "ok" ? COLOURS[o.path] : "var(--bad)";
      const size = o.outcome === "ok" ? 1.1 : 2;
      const place = `cx="${x(o.dueMs).toFixed(1)}" cy="${y(o.endMs - o.dueMs).toFixed(1)}"`;
      return `<circle ${place} r="${size}" fill="${colour}" fill-opacity="0.6"/>`;
    })
    .join("");
  const body = lines + dots + faults(history, 2, height - 18, false) + seconds(history, height - 4);
  return svg(height, "latency of operations", body);
}
