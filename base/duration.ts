/** Durations as people write them ("150ms", "20s", "1h30m") and as code keeps them (milliseconds). */
import { ConfigurationError } from "./errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const WHOLE = /^(?:\d{1,12}(?:\.\d{1,6})?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Milliseconds, not negative; `what` names the setting in the error. */
export function parseDurationMs(text: string, what = "a duration"): number {
  const compact = text.trim();
  if (compact.length > 64 || !WHOLE.test(compact)) {
    throw new ConfigurationError({
      what: `${what} is not a duration`,
      got: text,
      fix: "Write a number and a unit (ms, s, m, h, d), for example 150ms, 20s, 15m, 1h30m.",
    });
  }
  let totalMs = 0;
  for (const [, amount, unit] of compact.matchAll(PART)) {
    totalMs += Number(amount) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
  }
  return Number(totalMs.toFixed(6));
}

/** The shortest exact form for whole milliseconds; below 10 ms two decimals are kept. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "unbounded";
  if (ms < 0) return `-${formatDuration(-ms)}`;
  if (ms < 10) return `${Number(ms.toFixed(2))}ms`;
  let rest = Math.round(ms);
  if (rest < 1_000) return `${rest}ms`;
  let text = "";
  for (const unit of ["d", "h", "m"]) {
    const size = UNIT_MS[unit] ?? Number.NaN;
    const count = Math.floor(rest / size);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * size;
  }
  return rest > 0 ? `${text}${rest / 1_000}s` : text;
}
