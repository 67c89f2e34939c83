/** Operations in equal slices of time: what the plots show. *pure* */
import { isWrite, type Operation, type PathName } from "../history.ts";

export interface Slice {
  readonly atMs: number;
  readonly ok: number;
  readonly failed: number;
  readonly unknown: number;
}

export function slicesOf(
  operations: readonly Operation[],
  span: { readonly fromMs: number; readonly untilMs: number },
  on: { readonly path: PathName; readonly writes: boolean; readonly sliceMs: number },
): readonly Slice[] {
  const { fromMs, untilMs } = span;
  const length = Math.max(1, Math.ceil((untilMs - fromMs) / on.sliceMs));
  const slices = Array.from({ length }, (_, index) => ({
    atMs: fromMs + index * on.sliceMs,
    ok: 0,
    failed: 0,
    unknown: 0,
  }));
  for (const operation of operations) {
    if (operation.path !== on.path || isWrite(operation) !== on.writes) continue;
    const slice = slices[Math.floor((operation.endMs - fromMs) / on.sliceMs)];
    if (slice !== undefined) slice[operation.outcome] += 1;
  }
  return slices;
}

/** At most so many, the slow and the failed ones first: a plot of all would weigh megabytes. */
export function sampleOf(operations: readonly Operation[], most: number): readonly Operation[] {
  if (operations.length <= most) return operations;
  const telling = operations
    .filter((o) => o.outcome !== "ok" || o.endMs - o.dueMs > SLOW_MS)
    .slice(0, most / 2);
  const every = Math.ceil(operations.length / (most - telling.length));
  return [...telling, ...operations.filter((_, index) => index % every === 0)];
}

const SLOW_MS = 50;
