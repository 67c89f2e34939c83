/** What a voter tells everybody of the health checks that it makes. *pure* */
import type { CheckResult } from "../../../layers/routing/health-board.ts";

export interface CheckedMessage {
  readonly type: "checked";
  readonly results: readonly CheckResult[];
}

const RESULTS_MOST = 1_000;

/** As it comes over a link. */
export function isChecked(message: unknown): message is CheckedMessage {
  const { type, results } = (message ?? {}) as Partial<CheckedMessage>;
  return type === "checked" && Array.isArray(results) && results.length <= RESULTS_MOST;
}
