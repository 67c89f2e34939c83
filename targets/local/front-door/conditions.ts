/**
 * Watches what state each region is in, whatever it says of itself: up, down (connections are
 * refused) or silent (it accepts and says nothing, to nobody). *shell*
 *
 * A region is asked every half second, and at once when somebody suspects it: an attempt broke, or
 * took too long. While it is in trouble it is asked more often, so that its return is noticed.
 * Any answer, good or bad, means up: who serves is told by the routing record, not by health. So
 * does a single byte to anybody while the question is open: a region with more work than it can do
 * is slow to say how it is, and calling it silent would send its work round in circles.
 */

import type { Condition } from "./router.ts";
import { probe, type Upstream } from "./upstream.ts";

export interface Conditions {
  watch(upstream: Upstream): void;
  forget(region: string): void;
  /** Somebody met trouble: look now. `refused` needs no look. */
  suspect(region: string, evidence: "refused" | "broke" | "silence"): void;
  close(): void;
}

const QUIET_MS = 500;
const TROUBLED_MS = 25;
const TROUBLED_LONG_MS = 200;
const ANSWER_MS = 150;
const MOST_SLACK_MS = 1_000;

interface Watched {
  readonly upstream: Upstream;
  timer: NodeJS.Timeout | undefined;
  asking: boolean;
  condition: Condition;
  troubles: number;
  silences: number;
}

export function createConditions(
  tell: (region: string, condition: Condition) => void,
  /** The region answered a question that a suspicion had raised. */
  cleared: (region: string) => void,
): Conditions {
  const all = new Map<string, Watched>();

  const set = (id: string, watched: Watched, condition: Condition): void => {
    watched.condition = condition;
    watched.troubles = condition === "up" ? 0 : watched.troubles + 1;
    tell(id, condition);
  };

  const plan = (id: string, watched: Watched): void => {
    clearTimeout(watched.timer);
    const troubledMs = watched.troubles < 40 ? TROUBLED_MS : TROUBLED_LONG_MS;
    const baseMs = watched.condition === "up" ? QUIET_MS : troubledMs;
    const delayMs = baseMs * (0.75 + Math.random() / 2);
    watched.timer = setTimeout(() => void ask(id, watched, false), delayMs);
    watched.timer.unref();
  };

  const ask = async (id: string, watched: Watched, suspected: boolean): Promise<void> => {
    if (watched.asking) return;
    watched.asking = true;
    clearTimeout(watched.timer);
    // A patient question of a quiet region must not call it silent for a pause of its runtime.
    const limitMs = suspected || watched.condition !== "up" ? ANSWER_MS : 2 * ANSWER_MS;
    const { upstream } = watched;
    const askedAt = performance.now();
    // Each silence is waited for a little longer, or a region far away would be silent for ever.
    const slackMs = Math.min(MOST_SLACK_MS, watched.silences * ANSWER_MS);
    const found = await probe(upstream, "/health", upstream.patienceMs(limitMs) + slackMs);
    watched.asking = false;
    if (all.get(id) !== watched) return;
    const isSilent = found === "silent" && upstream.heardAt <= askedAt;
    watched.silences = isSilent ? watched.silences + 1 : 0;
    if (isSilent) set(id, watched, "silent");
    else if (found === "refused" || (found === "broken" && watched.condition !== "up")) {
      set(id, watched, "down");
    } else if (found === "broken") {
      // One connection broke: perhaps an old one of the pool. A new one will tell.
      watched.condition = "down";
      return ask(id, watched, true);
    } else {
      set(id, watched, "up");
      if (suspected) cleared(id);
    }
    plan(id, watched);
  };

  return {
    watch(upstream) {
      const watched: Watched = {
        upstream,
        timer: undefined,
        asking: false,
        condition: "up",
        troubles: 0,
        silences: 0,
      };
      all.set(upstream.id, watched);
      void ask(upstream.id, watched, false);
    },
    forget(region) {
      clearTimeout(all.get(region)?.timer);
      all.delete(region);
    },
    suspect(region, evidence) {
      const watched = all.get(region);
      if (watched === undefined) return;
      if (evidence !== "refused") return void ask(region, watched, true);
      if (watched.condition === "down") return;
      set(region, watched, "down");
      plan(region, watched);
    },
    close() {
      for (const watched of all.values()) clearTimeout(watched.timer);
      all.clear();
    },
  };
}
