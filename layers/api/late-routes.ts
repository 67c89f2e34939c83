/** `GET /routing/late-writes`: what regions held beyond a cut, for operators. *shell* */
import { z } from "zod";
import { type LatePage, MOST_LATE } from "../routing/late.ts";
import type { Routing } from "../routing/port.ts";
import type { AppApi } from "./app-api.ts";
import { operatorProblem } from "./operator.ts";
import { problem } from "./problem.ts";
import { noApp } from "./routing-view.ts";

export const lateCountsShape = z.object({
  recovered: z.number(),
  superseded: z.number(),
  partly: z.number(),
  neverAcknowledged: z.number(),
  /** null: a region has not said how many it holds. */
  waiting: z.number().nullable(),
});
const value = z.record(z.string(), z.unknown()).nullable();
const lateShape = z.object({
  app: z.string(),
  region: z.string(),
  epoch: z.number(),
  position: z.number(),
  writtenAt: z.number(),
  judgedAt: z.number(),
  judgedBy: z.string(),
  verdict: z.enum(["recovered", "superseded", "partly", "never-acknowledged"]),
  items: z.array(
    z.object({
      table: z.string(),
      key: z.object({ partition: z.string(), sort: z.string() }),
      outcome: z.enum(["recovered", "superseded"]),
      late: value.optional(),
      kept: value.optional(),
      hidden: z.literal(true).optional(),
    }),
  ),
});
const pageShape = z.object({
  items: z.array(lateShape),
  cursor: z.string().optional(),
  readAt: z.string(),
  dataAgeMs: z.number().nullable(),
});
const query = z.strictObject({
  app: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(MOST_LATE).default(50),
  cursor: z.string().min(1).max(200).optional(),
});

export function addLateRoutes(api: AppApi, routing: Routing, operatorToken: string): void {
  api.get("/late-writes", {
    summary: "What regions held beyond a cut, judged last first, with both values (operators)",
    auth: "none",
    query,
    replies: {
      200: {
        description: "As this region has it; values of secrets are left out",
        schema: pageShape,
      },
    },
    handle: async (call) => {
      const refused = await operatorProblem(call, operatorToken);
      if (refused !== undefined) return refused;
      const { app, limit, cursor } = call.query;
      if (app !== undefined && routing.app(app) === undefined) return noApp(app);
      const page = routing.lateWrites({
        limit,
        ...(app === undefined ? {} : { app }),
        ...(cursor === undefined ? {} : { cursor }),
      });
      if (page.kind !== "ok") return problem("invalid-request", `cursor: ${page.reason}.`);
      return { kind: "answer", status: 200, body: sentPage(page.value) };
    },
  });
}

const sentPage = ({ dataAgeMs, ...page }: LatePage): object => ({
  ...page,
  dataAgeMs: dataAgeMs ?? null,
});
