/** What the front door itself answers with. */
import type { ServerResponse } from "node:http";
import type { ProblemCode } from "../../../layers/api/problem.ts";
import { answerProblem as answer } from "../http/problem.ts";

/** What `Understudy-Region` says where no region answered. */
export const FRONT_DOOR = "front-door";

export const answerProblem = (
  response: ServerResponse,
  code: ProblemCode,
  detail: string,
  extra: Readonly<Record<string, unknown>> = {},
): void => answer(response, { code, detail, extra }, FRONT_DOOR);
