/**
 * Looks for a region, for all the waiting calls of one app together. *shell*
 *
 * `GET /health/{app}/serving` goes to every region in each round, except where the last probe is
 * still out: a hung region delays nobody. Rounds are 10 to 15 ms apart at first, which is what
 * makes a takeover of tens of milliseconds visible as such, and then further and further: a wait is
 * made longer by a tenth at most, and a thousand clients that wait are no storm. One poll per app
 * and client, however many calls wait: a hundred held writes are not a storm.
 */
import { readAnswer } from "./answer.ts";
import type { Fact, Region } from "./knowledge.ts";

export interface PollPorts {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly random: () => number;
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly regions: () => readonly Region[];
  readonly inTrouble: (region: string) => boolean;
  /** How long this region may take before it counts as silent. */
  readonly silenceMs: (region: string) => number;
  /** Tells what was found; answers whether any call still waits. */
  readonly found: (fact: Fact, serving: boolean) => void;
  readonly wanted: () => boolean;
}

export interface Poll {
  /** Does nothing while it runs. */
  start(): void;
  /** Probes the regions in trouble once, unless that was done a moment ago. */
  check(): void;
  stop(): void;
}

const PROBE_MOST_MS = 2_000;
const FRESH_AFTER_MS = 1_000;
const CHECK_EVERY_MS = 250;

const POLL_SHARE = 0.07;
const POLL_LEAST_MS = 10;
const POLL_MOST_MS = 250;

export function pollDelayMs(elapsedMs: number, random: number): number {
  const delayMs = Math.min(POLL_MOST_MS, Math.max(POLL_LEAST_MS, elapsedMs * POLL_SHARE));
  return delayMs * (1 + random / 2);
}

export function createPoll(app: string, ports: PollPorts): Poll {
  const out = new Map<string, () => void>();
  let cancel: (() => void) | undefined;
  let since = 0;
  let lastRound = Number.NEGATIVE_INFINITY;
  let lastCheck = Number.NEGATIVE_INFINITY;

  const probe = async (region: Region): Promise<void> => {
    const controller = new AbortController();
    const silent = ports.after(ports.silenceMs(region.id), () =>
      ports.found({ type: "trouble", region: region.id, trouble: "silent" }, false),
    );
    const given = ports.after(PROBE_MOST_MS, () => controller.abort());
    const abort = (): void => controller.abort();
    out.set(region.id, abort);
    try {
      const url = `${region.url}/health/${encodeURIComponent(app)}/serving`;
      const response = await ports.fetch(url, { cache: "no-store", signal: controller.signal });
      const answer = await readAnswer(response, true);
      silent();
      const { epoch } = answer;
      // 404: no such app, as for `/routing/...`; any region will do.
      const serving = response.ok || response.status === 404;
      if (serving) ports.found({ type: "serves", app, region: region.id, epoch }, true);
      else ports.found(refusalOf(app, region.id, answer), false);
    } catch {
      const aborted = controller.signal.aborted;
      const trouble = aborted ? "silent" : "unreachable";
      if (out.get(region.id) === abort)
        ports.found({ type: "trouble", region: region.id, trouble }, false);
    } finally {
      silent();
      given();
      if (out.get(region.id) === abort) out.delete(region.id);
    }
  };

  const round = (): void => {
    cancel = undefined;
    if (!ports.wanted()) return;
    const now = ports.now();
    lastRound = now;
    for (const region of ports.regions()) if (!out.has(region.id)) void probe(region);
    cancel = ports.after(pollDelayMs(now - since, ports.random()), round);
  };

  return {
    start() {
      if (cancel !== undefined) return;
      const now = ports.now();
      if (now - lastRound > FRESH_AFTER_MS) since = now;
      const pause = pollDelayMs(now - since, ports.random()) - (now - lastRound);
      cancel = ports.after(Math.max(0, pause), round);
    },
    check() {
      const now = ports.now();
      if (now - lastCheck < CHECK_EVERY_MS) return;
      lastCheck = now;
      for (const region of ports.regions()) {
        if (ports.inTrouble(region.id) && !out.has(region.id)) void probe(region);
      }
    },
    stop() {
      cancel?.();
      cancel = undefined;
      const aborts = [...out.values()];
      out.clear();
      for (const abort of aborts) abort();
    },
  };
}

function refusalOf(
  app: string,
  region: string,
  answer: Awaited<ReturnType<typeof readAnswer>>,
): Fact {
  const { verdict, servingRegion, epoch } = answer;
  if (verdict !== "refused" && verdict !== "fenced") return { type: "reached", region };
  const fact = { type: "refused", app, region, fenced: verdict === "fenced", epoch } as const;
  return servingRegion === undefined ? fact : { ...fact, servingRegion };
}
