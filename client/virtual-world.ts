/**
 * Regions and time that exist only in a test of the client: timers fire in order when told to, and
 * a region is a function from a request to an answer with a delay. *adapter for tests*
 */
import type { ClientTimers } from "./client.ts";

export interface Seen {
  readonly at: number;
  readonly region: string;
  readonly method: string;
  readonly path: string;
  readonly key: string | null;
  readonly body: unknown;
  readonly session: string | null;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly afterMs?: number;
}

export type Behaviour = (seen: Seen) => Reply | "refuse" | "reset" | "hang";

export function createVirtualWorld() {
  let now = 0;
  let sequence = 0;
  const queue: { at: number; order: number; run: () => void }[] = [];
  const regions = new Map<string, Behaviour>();
  const seen: Seen[] = [];

  const set = (run: () => void, delayMs: number): unknown => {
    const entry = { at: now + delayMs, order: sequence++, run };
    queue.push(entry);
    return entry;
  };
  const timers: ClientTimers = {
    set,
    clear: (timer) => {
      const at = queue.indexOf(timer as (typeof queue)[number]);
      if (at >= 0) queue.splice(at, 1);
    },
  };

  const fetch = (url: string, init: RequestInit): Promise<Response> =>
    new Promise((resolve, reject) => {
      const { hostname, pathname, search } = new URL(url);
      const headers = new Headers(init.headers);
      const request: Seen = {
        at: now,
        region: hostname,
        method: init.method ?? "GET",
        path: pathname + search,
        key: headers.get("idempotency-key"),
        body: init.body,
        session: headers.get("understudy-session"),
      };
      seen.push(request);
      init.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      const reply = regions.get(hostname)?.(request) ?? "refuse";
      if (reply === "hang") return;
      if (reply === "refuse" || reply === "reset") {
        const code = reply === "refuse" ? "ECONNREFUSED" : "ECONNRESET";
        set(() => reject(new TypeError("fetch failed", { cause: { code } })), 1);
        return;
      }
      set(() => resolve(responseOf(hostname, reply)), reply.afterMs ?? 1);
    });

  /** Lets promises run, then fires what is due, until the time is reached. */
  const advance = async (byMs: number): Promise<void> => {
    const until = now + byMs;
    for (;;) {
      await settled();
      const next = queue
        .filter((e) => e.at <= until)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      queue.splice(queue.indexOf(next), 1);
      now = Math.max(now, next.at);
      next.run();
    }
    now = until;
  };

  return { fetch, timers, now: () => now, advance, seen, regions, pending: () => queue.length };
}

function responseOf(region: string, reply: Reply): Response {
  const type = reply.status >= 400 ? "application/problem+json" : "application/json";
  const body = reply.status === 204 ? null : JSON.stringify(reply.body ?? {});
  const headers = { "content-type": type, "understudy-region": region, ...reply.headers };
  return new Response(body, { status: reply.status, headers });
}

/** Promises of the platform's Response need real turns of the loop, not only microtasks. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise<void>((resolve) => nextTurn(resolve));
}

const channel = new MessageChannel();
const waiting: (() => void)[] = [];
channel.port1.onmessage = () => waiting.shift()?.();
(channel.port1 as { unref?: () => void }).unref?.();
function nextTurn(run: () => void): void {
  waiting.push(run);
  channel.port2.postMessage(0);
}
