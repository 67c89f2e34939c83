/** How a request ends that no region answered: with the most that can be said truthfully. */
import type { ServerResponse } from "node:http";
import type { ProblemCode } from "../../../layers/api/problem.ts";
import { answerProblem } from "./problem.ts";
import { type Access, conditionOf, type Table } from "./router.ts";

export const BROKE = "the connection to the region broke after the request was sent";

export interface Failure {
  readonly reason: string;
  readonly app: string | undefined;
  readonly access: Access;
  readonly attempts: number;
  /** An attempt may have had an effect. */
  readonly isUncertain: boolean;
  /** Where it had none. */
  readonly code: ProblemCode;
}

export function answerFailure(response: ServerResponse, table: Table, failure: Failure): void {
  const { reason, app, access, attempts, isUncertain, code } = failure;
  const route = app === undefined ? undefined : table.apps.get(app);
  const extra = {
    attempts,
    regions: Object.fromEntries(table.regions.map(({ id }) => [id, conditionOf(table, id)])),
    ...(route === undefined
      ? {}
      : { app: route.app, epoch: route.epoch, servingRegions: route.servingRegions }),
  };
  if (!isUncertain) {
    return answerProblem(response, code, `${reason}; nothing was written`, extra);
  }
  const advice =
    access === "keyed"
      ? "retry with the same Idempotency-Key"
      : "without an Idempotency-Key it is not sent again";
  const detail = `${reason}: the write may have happened; ${advice}`;
  answerProblem(response, "outcome-unknown", detail, extra);
}
