/** W3C trace context: continue the caller's trace, or begin one. *pure* */
import type { Rng } from "../../base/rng.ts";

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const NO_TRACE = "0".repeat(32);
const NO_SPAN = "0".repeat(16);

export interface Trace {
  readonly traceId: string;
  readonly spanId: string;
  /** The caller's span, when it sent one. */
  readonly parentId?: string;
  readonly traceparent: string;
}

export function continueTrace(header: string | null, rng: Rng): Trace {
  const spanId = word(rng) + word(rng);
  const match = header === null ? null : TRACEPARENT.exec(header);
  const traceId = match?.[1];
  const parentId = match?.[2];
  if (traceId === undefined || traceId === NO_TRACE || parentId === NO_SPAN || !parentId) {
    const own = word(rng) + word(rng) + word(rng) + word(rng);
    return { traceId: own, spanId, traceparent: `00-${own}-${spanId}-01` };
  }
  return { traceId, spanId, parentId, traceparent: `00-${traceId}-${spanId}-${match?.[3]}` };
}

/** 8 hexadecimal digits; never all zero, which the standard reserves. */
const word = (rng: Rng): string => (rng.below(0xffffffff) + 1).toString(16).padStart(8, "0");
