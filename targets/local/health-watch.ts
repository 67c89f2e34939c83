/**
 * What the voters have found of the regions, as it reached this process over its link. *shell*
 *
 * Regions tell it to people (status, console, /metrics), the front door's process leads names by
 * it. The board decides (layers/routing/health-board.ts).
 */
import {
  type CheckResult,
  type HealthBoard,
  type HealthCheckView,
  type Ill,
  illOf,
  learnResults,
  NO_CHECKS,
  passTime,
  resolveChecks,
  viewsOf,
  withChecks,
} from "../../layers/routing/health-board.ts";
import type { PeersMessage } from "./supervisor/messages.ts";
import { type CheckNews, votersOf } from "./voter/health-checker.ts";
import { isChecked } from "./voter/health-messages.ts";

export interface HealthWatch {
  use(news: CheckNews): void;
  /** Answers whether the message was one for it. */
  heard(from: string, message: unknown): boolean;
  views(): readonly HealthCheckView[];
  /** The same object until something changes. */
  ill(): Ill;
  close(): void;
}

const PASS_MS = 500;
const VOTER = "voter/";

export function createHealthWatch(changed: (ill: Ill) => void = () => undefined): HealthWatch {
  const now = (): number => performance.now();
  let board: HealthBoard = NO_CHECKS;
  let ill = illOf(board);
  let text = JSON.stringify(ill);

  const become = (next: HealthBoard): void => {
    if (next === board) return;
    board = next;
    const found = illOf(board);
    const told = JSON.stringify(found);
    if (told === text) return;
    [ill, text] = [found, told];
    changed(ill);
  };
  const timer = setInterval(() => become(passTime(board, now())), PASS_MS);
  timer.unref();
  return {
    use({ peers, regions, naming }: Pick<PeersMessage, "peers" | "regions" | "naming">) {
      if (naming === undefined) return;
      const ids = regions.map(({ id }) => id);
      become(withChecks(board, resolveChecks(naming.healthChecks, ids, votersOf(peers))));
    },
    heard(from, message) {
      if (!isChecked(message)) return false;
      if (!from.startsWith(VOTER)) return true;
      const results = message.results as readonly CheckResult[];
      become(learnResults(board, from.slice(VOTER.length), results, now()));
      return true;
    },
    views: () => viewsOf(board, now()),
    ill: () => ill,
    close: () => clearInterval(timer),
  };
}
