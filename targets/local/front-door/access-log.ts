/** One line per request: what it was, where it went, what it waited for. */
import type { IncomingMessage } from "node:http";
import { type Log, silentLog } from "../../../layers/api/log.ts";

export interface Passage {
  readonly request: Pick<IncomingMessage, "method" | "url">;
  /** 0: broken off; 499: the client left first. */
  readonly status: number;
  /** Every region it was sent to, in order, with commas. */
  readonly regions: string;
  readonly attempts: number;
  /** Held, because no region served. */
  readonly heldMs: number;
  /** In line for a busy region. */
  readonly queuedMs: number;
  readonly tookMs: number;
  readonly reason: string | undefined;
}

export function logPassage(log: Log, passage: Passage): void {
  if (log === silentLog) return;
  const { request, status, regions, attempts, heldMs, queuedMs, tookMs, reason } = passage;
  log.info(
    {
      method: request.method,
      // Neither query nor headers: they may hold what is nobody's business.
      path: request.url?.split("?", 1)[0],
      status,
      region: regions,
      attempts,
      heldMs: Math.round(heldMs),
      queuedMs: Math.round(queuedMs),
      tookMs: Math.round(tookMs * 10) / 10,
      ...(reason === undefined ? {} : { reason }),
    },
    "request",
  );
}
