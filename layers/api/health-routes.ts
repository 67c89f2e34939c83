/** Health as others ask for it; what is measured is the target's journey. *shell* */
import { z } from "zod";
import { type AppApi, createAppApi } from "./app-api.ts";
import type { AppContext } from "./define-app.ts";
import { type Problem, problem } from "./problem.ts";
import type { Answer } from "./reply.ts";
import { refusalOf } from "./reply.ts";

/** The last health journey of an app in this region. */
export interface HealthReport {
  readonly healthy: boolean;
  /** Empty when healthy. */
  readonly reasons: readonly string[];
  /** Wall clock. */
  readonly checkedOnMs: number;
  readonly tookMs: number;
}

/** The report where something known before any journey keeps the region from serving. */
export const reportOf = (
  hindrance: string | undefined,
  report: HealthReport | undefined,
  nowMs: number,
): HealthReport | undefined =>
  hindrance === undefined
    ? report
    : { healthy: false, reasons: [hindrance], checkedOnMs: Math.round(nowMs), tookMs: 0 };

export type HealthOf = (app: string) => HealthReport | undefined;

const appParams = z.object({ app: z.string().max(64) });
const reportShape = z.object({
  status: z.enum(["healthy", "unhealthy"]),
  reasons: z.array(z.string()),
  checkedOnMs: z.number(),
  tookMs: z.number(),
});
const reply = (schema: z.ZodType) => ({ 200: { description: "Healthy", schema } });

export function createHealthRoutes(
  context: AppContext,
  appIds: readonly string[],
  healthOf: HealthOf,
): AppApi {
  const { region, routing } = context;
  const api = createAppApi(context, { unversioned: true });
  const known = (app: string): Problem | undefined =>
    appIds.includes(app) ? undefined : problem("not-found", `No app is named ${app}.`);

  api.get("", {
    summary: "Whether this region is healthy for all apps",
    auth: "none",
    replies: reply(z.object({ status: z.string(), region: z.string(), apps: z.any() })),
    handle: () => {
      const apps = Object.fromEntries(appIds.map((app) => [app, described(healthOf(app))]));
      const ill = appIds.filter((app) => healthOf(app)?.healthy === false);
      if (ill.length > 0) {
        return problem("unhealthy", `Unhealthy for ${ill.join(", ")}.`, { extra: { apps } });
      }
      return answer({ status: "healthy", region, apps });
    },
  });

  api.get("/:app", {
    summary: "Whether this region is healthy for the app",
    auth: "none",
    params: appParams,
    replies: reply(reportShape),
    handle: ({ params }) => {
      const unknown = known(params.app);
      if (unknown !== undefined) return unknown;
      const report = healthOf(params.app);
      if (report?.healthy === false) {
        const reasons = report.reasons.join("; ");
        return problem("unhealthy", `${params.app}: ${reasons}`, { extra: { ...report } });
      }
      return answer({ app: params.app, region, ...described(report) });
    },
  });

  api.get("/:app/serving", {
    summary: "200 only while this region may write for the app",
    auth: "none",
    params: appParams,
    replies: reply(z.object({ app: z.string(), region: z.string(), epoch: z.number() })),
    handle: ({ params }) => {
      const view = routing.app(params.app);
      if (view === undefined) return problem("not-found", `No app is named ${params.app}.`);
      const { app, epoch, servingRegions } = view;
      const refusal = refusalOf(routing, app);
      // Clients and front doors order what they hear by it, and read no body for that.
      const headers = { "understudy-epoch": String(epoch) };
      if (refusal !== undefined) {
        return { ...refusal, headers, extra: { app, epoch, servingRegions } };
      }
      return { ...answer({ status: "serving", app, region, epoch }), headers };
    },
  });

  return api;
}

const answer = (body: unknown): Answer => ({ kind: "answer", status: 200, body });

const described = (report: HealthReport | undefined) =>
  report === undefined
    ? { status: "not-checked-yet" }
    : {
        status: report.healthy ? "healthy" : "unhealthy",
        reasons: report.reasons,
        checkedOnMs: report.checkedOnMs,
        tookMs: report.tookMs,
      };
