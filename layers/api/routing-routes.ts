/** The routes below /routing: the records, the journal, the commands. *shell* */
import { z } from "zod";
import type { HealthCheckView } from "../routing/health-board.ts";
import { OPERATOR_NAME } from "../routing/port.ts";
import { commandIdOf, isCommandId } from "../routing/repeats.ts";
import { type AppApi, createAppApi } from "./app-api.ts";
import type { Call } from "./call.ts";
import type { AppContext } from "./define-app.ts";
import { addLateRoutes, lateCountsShape } from "./late-routes.ts";
import { operatorProblem } from "./operator.ts";
import { problemOfCommand } from "./problem.ts";
import type { Answer } from "./reply.ts";
import { noApp, sentApp } from "./routing-view.ts";
import { textOf } from "./text.ts";

const JOURNAL_LIMIT = 500;
const OPERATOR = "operator";
const ID_LENGTH = 22;
const NAME_LENGTH = 300;

const strings = z.array(z.string());
const recordShape = z.object({
  app: z.string(),
  mode: z.enum(["active-passive", "active-active"]),
  durability: z.enum(["local", "replicated"]),
  state: z.enum(["active", "fenced", "failover"]),
  phase: z.enum(["serving", "fenced"]),
  policy: z.enum(["automatic", "manual"]),
  epoch: z.number(),
  version: z.number(),
  primary: z.string(),
  regions: strings,
  servingRegions: strings,
  inSyncRegions: strings,
});
const entryShape = z.object({
  version: z.number(),
  at: z.number(),
  cause: z.string(),
  by: z.string(),
  reason: z.string(),
  from: strings,
  to: strings,
  epoch: z.number(),
  acceptedDataLoss: z.literal(true).optional(),
  pauseMs: z.number().optional(),
  pauseSince: z.enum(["heard", "start"]).optional(),
  firstAckMs: z.number().optional(),
});
const viewShape = recordShape.extend({
  title: z.string(),
  lag: z.record(z.string(), z.object({ writes: z.number().nullable(), ms: z.number().nullable() })),
  writesAtRisk: z.number().nullable(),
  standingAgeMs: z.number().optional(),
  unknown: z.enum(["holder-silent", "peer-silent"]).optional(),
  holdsLease: z.boolean(),
  minInSync: z.number(),
  objectives: z.object({ rtoMs: z.number(), rpoMs: z.number() }),
  lateWrites: lateCountsShape,
  lastMove: entryShape.nullable(),
  homes: z.record(
    z.string(),
    z.object({
      region: z.string().nullable(),
      term: z.number(),
      state: z.enum(["open", "opening", "moving", "closed"]),
    }),
  ),
  takeover: z
    .object({
      step: z.string(),
      state: z.enum(["waiting", "running", "failed"]),
      sinceMs: z.number(),
      reason: z.string().optional(),
    })
    .nullable(),
});
const regionShape = z.object({
  id: z.string(),
  url: z.string(),
  up: z.boolean(),
  healthy: z.boolean(),
  incarnation: z.number(),
});
const sightingShape = z.object({ voter: z.string(), ageMs: z.number(), reason: z.string() });
const checkShape = z.object({
  check: z.string(),
  region: z.string(),
  app: z.string().optional(),
  protocol: z.enum(["http", "https", "tcp"]),
  path: z.string(),
  intervalMs: z.number(),
  healthy: z.boolean(),
  voters: z.array(sightingShape.extend({ healthy: z.boolean(), silent: z.boolean() })),
  lastError: sightingShape.optional(),
  history: z.array(
    z.object({
      ageMs: z.number(),
      voter: z.string().optional(),
      healthy: z.boolean(),
      reason: z.string(),
    }),
  ),
});
const votersShape = z.object({
  majority: z.boolean().nullable(),
  seenBy: z.string(),
  voters: z.array(
    z.object({
      id: z.string(),
      kind: z.enum(["region", "witness"]),
      answers: z.boolean().nullable(),
      since: z.number().nullable(),
      isRecovering: z.literal(true).optional(),
    }),
  ),
});
const list = (schema: z.ZodType) => ({
  200: { description: "All of them", schema: z.object({ items: z.array(schema) }) },
});
const appParams = z.object({ app: z.string().max(64) });
const commandParams = appParams.extend({
  command: z.enum(["fence", "unfence", "switchover", "failover", "failback"]),
});
const commandBody = z.strictObject({
  to: z.string().min(1).max(64).optional(),
  reason: textOf({ min: 1, max: 500 }, "A reason").optional(),
  acceptDataLoss: z.boolean().optional(),
  /** How long to wait for the command to be through. */
  waitMs: z.number().int().min(0).max(600_000).optional(),
});
const journalQuery = z.strictObject({
  app: z.string().max(64).optional(),
  limit: z.coerce.number().int().min(1).max(JOURNAL_LIMIT).default(100),
});

const answer = (body: unknown): Answer => ({ kind: "answer", status: 200, body });

export interface RoutingRouteOptions {
  readonly operatorToken: string;
  readonly healthChecks: () => readonly HealthCheckView[];
}

export function createRoutingRoutes(context: AppContext, options: RoutingRouteOptions): AppApi {
  const { routing } = context;
  const { operatorToken, healthChecks } = options;
  const api = createAppApi(context, { unversioned: true });

  api.get("/apps", {
    summary: "Where each app serves",
    auth: "none",
    replies: list(viewShape),
    handle: () => answer({ items: routing.apps().map(sentApp) }),
  });

  api.get("/apps/:app", {
    summary: "Where one app serves",
    auth: "none",
    params: appParams,
    replies: { 200: { description: "The record", schema: viewShape } },
    handle: (call) => {
      const view = routing.app(call.params.app);
      return view === undefined ? noApp(call.params.app) : answer(sentApp(view));
    },
  });

  api.post("/apps/:app/:command", {
    summary: "Fence, unfence, switch over, fail over, fail back (operators)",
    auth: "none",
    params: commandParams,
    body: commandBody,
    bodyOptional: true,
    // A repeat is recognised by the record (layers/routing/repeats.ts): nothing is stored here.
    recallFirst: false,
    identify: async (call) =>
      (await operatorProblem(call, operatorToken)) ?? call.scope.session?.userId ?? OPERATOR,
    replies: { 200: { description: "The record after it", schema: recordShape } },
    handle: async (call) => {
      const { app, command } = call.params;
      if (routing.app(app) === undefined) return noApp(app);
      const { to, reason, acceptDataLoss, waitMs } = call.body;
      const by = call.scope.session?.username ?? handedOnBy(call) ?? OPERATOR;
      const commandId = commandIdIn(call);
      context.log.info(
        { event: "command", app, command, to, by, acceptDataLoss },
        "routing command",
      );
      const outcome = await routing.command(app, command, {
        by,
        ...(to === undefined ? {} : { to }),
        ...(reason === undefined ? {} : { reason }),
        ...(acceptDataLoss === undefined ? {} : { acceptDataLoss }),
        ...(waitMs === undefined ? {} : { waitMs }),
        ...(commandId === undefined ? {} : { commandId }),
      });
      return outcome.kind === "ok" ? answer(outcome.value) : problemOfCommand(outcome);
    },
  });

  api.get("/regions", {
    summary: "The regions as this one sees them",
    auth: "none",
    replies: list(regionShape),
    handle: () => answer({ items: routing.regions() }),
  });

  api.get("/voters", {
    summary: "Which voters answer this region, and whether they are a majority",
    auth: "none",
    replies: { 200: { description: "As this region hears them", schema: votersShape } },
    handle: () => answer({ ...routing.voters(), seenBy: routing.region }),
  });

  api.get("/health-checks", {
    summary: "What the voters' health checks have found, as this region has heard it",
    auth: "none",
    replies: list(checkShape),
    handle: () => answer({ items: healthChecks() }),
  });

  api.get("/journal", {
    summary: "What moved, when, why and by whom; newest first",
    auth: "none",
    query: journalQuery,
    replies: list(entryShape.extend({ app: z.string() })),
    handle: (call) => {
      const { app, limit } = call.query;
      if (app !== undefined && routing.app(app) === undefined) return noApp(app);
      return answer({ items: routing.journal(app).slice(0, limit) });
    },
  });

  addLateRoutes(api, routing, operatorToken);
  return api;
}

/** Who asked the region that hands the command on; its token is the operator's own. */
function handedOnBy(call: Call): string | undefined {
  const name = call.header(OPERATOR_NAME);
  if (name === null || name.length > NAME_LENGTH) return undefined;
  try {
    return decodeURIComponent(name).trim() || undefined;
  } catch {
    return undefined;
  }
}

/** Another region hands its own id on, with the operator's token. */
function commandIdIn(call: Call): string | undefined {
  const { idempotency, scope } = call;
  if (idempotency === undefined) return undefined;
  const { key, requestHash } = idempotency;
  if (scope.session === undefined && isCommandId(key)) return key;
  const { digest } = scope.platform;
  const ofKey = digest(`command\n${idempotency.scope}\n${key}`).slice(0, ID_LENGTH);
  return commandIdOf(ofKey, requestHash.slice(0, ID_LENGTH));
}
