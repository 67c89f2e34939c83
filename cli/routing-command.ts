/**
 * fence, unfence, switchover, failover, failback. *shell*
 *
 * The request goes to one region after the other until one takes it: a region that was not
 * reached, or that answers that nothing was changed (503), is followed by the next. One that was
 * reached and fell silent is not: what it did is not known, and the exit status says so.
 */
import type { DeploymentStatus } from "../targets/local/supervisor/status.ts";
import type { Status } from "./failure.ts";
import {
  type CommandFailure,
  cannotTell,
  failureOf,
  failureOfAnswer,
  refused,
  STATUS,
  worstOf,
} from "./failure.ts";
import type { Running } from "./running-deployment.ts";
import { call, mustRun, statusOf } from "./running-deployment.ts";
import type { Terminal } from "./terminal.ts";

export const ROUTING_COMMANDS = {
  fence: "refuse writes everywhere; reads are still served",
  unfence: "admit writes again",
  switchover: "move an app to another region without losing anything",
  failover: "move an app away from a region that is lost",
  failback: "move an app back to its primary region",
} as const;
export type RoutingCommand = keyof typeof ROUTING_COMMANDS;

export interface RoutingOptions {
  readonly data: string;
  readonly json: boolean;
  readonly to?: string;
  readonly reason?: string;
  readonly acceptDataLoss: boolean;
  readonly waitMs: number;
}

interface RoutingRecord {
  readonly app: string;
  readonly state: string;
  readonly epoch: number;
  readonly servingRegions: readonly string[];
}

/** Time for an answer after the region itself has given up waiting. */
const ANSWER_MS = 5000;
const MAX_WAIT_MS = 600_000;

/** Healthy serving regions first, then other healthy ones, the front door, and the rest. */
export function addressesFor(status: DeploymentStatus, app: string): string[] {
  const serving = status.apps.find((known) => known.app === app)?.servingRegions ?? [];
  const living = status.regions.filter((region) => region.up && region.url !== null);
  const rank = (region: (typeof living)[number]) => (serving.includes(region.id) ? 0 : 1);
  const urlsOf = (healthy: boolean) =>
    living
      .filter((region) => region.healthy === healthy)
      .sort((a, b) => rank(a) - rank(b))
      .map((region) => region.url ?? "");
  return [
    ...urlsOf(true),
    ...(status.frontDoor === null ? [] : [status.frontDoor]),
    ...urlsOf(false),
  ];
}

async function send(
  running: Running,
  addresses: readonly string[],
  app: string,
  command: RoutingCommand,
  options: RoutingOptions,
): Promise<RoutingRecord> {
  const { to, reason, acceptDataLoss, waitMs } = options;
  const body = {
    waitMs: Math.min(waitMs, MAX_WAIT_MS),
    ...(to === undefined ? {} : { to }),
    ...(reason === undefined ? {} : { reason }),
    ...(acceptDataLoss ? { acceptDataLoss } : {}),
  };
  const path = `/routing/apps/${encodeURIComponent(app)}/${command}`;
  return postToFirst(running, addresses, { path, body, limitMs: waitMs + ANSWER_MS });
}

/** Asks one address after the other, until one has taken it or may have. */
export async function postToFirst<Body>(
  running: Running,
  addresses: readonly string[],
  request: { readonly path: string; readonly body: object; readonly limitMs: number },
): Promise<Body> {
  const { path, body, limitMs } = request;
  let last: CommandFailure = refused("not-running", "No region can be reached", "No region is up.");
  for (const address of addresses) {
    const url = new URL(path, address).href;
    const answer = await call(running, { method: "POST", url, body, limitMs });
    if (answer.kind === "silent") throw cannotTell(answer.reason);
    if (answer.kind === "refused") continue;
    if (answer.status < 300) return answer.body as Body;
    last = failureOfAnswer(answer.status, answer.body);
    if (answer.status !== 503) break;
  }
  throw last;
}

export async function runRoutingCommand(
  command: RoutingCommand,
  app: string | undefined,
  options: RoutingOptions,
  terminal: Terminal,
): Promise<Status> {
  const running = mustRun(options.data);
  const status = await statusOf(running);
  const apps = app === undefined ? status.apps.map((known) => known.app) : [app];
  if (apps.length === 0)
    throw refused("not-serving", "No region tells of any app", "See `understudy status`.");
  const ends: Status[] = [];
  const results: unknown[] = [];
  for (const name of apps) {
    try {
      const record = await send(running, addressesFor(status, name), name, command, options);
      results.push(record);
      ends.push(STATUS.done);
      if (!options.json) terminal.out(describe(record));
    } catch (error) {
      const failure = failureOf(error);
      results.push({ app: name, ...failure.problem });
      ends.push(failure.status);
      if (app !== undefined) throw failure;
      terminal.err(`understudy: ${name}: ${failure.message}`);
    }
  }
  if (options.json)
    terminal.out(JSON.stringify(app === undefined ? { items: results } : results[0]));
  return worstOf(ends);
}

const describe = ({ app, state, epoch, servingRegions }: RoutingRecord): string =>
  `${app} is ${state}, served by ${servingRegions.join(", ") || "no region"} (epoch ${epoch})`;
