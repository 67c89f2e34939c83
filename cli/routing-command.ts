/**
 * fence, unfence, switchover, failover, failback. *shell*
 *
 * The request goes to one region after the other until one takes it: a region that was not
 * reached, or that answers that nothing was changed (503), is followed by the next. One that was
 * reached and fell silent is not: what it did is not known, and the exit status says so.
 */

import { randomUUID } from "node:crypto";
import type { Command as CommandLine } from "commander";
import type { Command } from "../layers/routing/port.ts";
import type { DeploymentStatus } from "../targets/local/supervisor/status.ts";
import { type CommonFlags, type Run, withData, withExamples, withJson } from "./command-line.ts";
import type { Status } from "./failure.ts";
import {
  type CommandFailure,
  cannotTell,
  failureOf,
  failureOfAnswer,
  refused,
  STATUS,
  usage,
  worstOf,
} from "./failure.ts";
import { milliseconds } from "./option-values.ts";
import type { Running } from "./running-deployment.ts";
import { call, mustRun, statusOf } from "./running-deployment.ts";
import type { Terminal } from "./terminal.ts";

interface RoutingTexts {
  readonly description: string;
  readonly examples: readonly string[];
  /** What `--to` names; absent where there is no choice. */
  readonly to?: string;
  readonly mayLoseData?: boolean;
}

const ROUTING_COMMANDS: Readonly<Record<Command, RoutingTexts>> = {
  fence: {
    description: "refuse writes everywhere; reads are still served",
    examples: ['fence tickets --reason "planned work"', "fence --all"],
  },
  unfence: {
    description: "admit writes again",
    examples: ["unfence tickets", "unfence --all"],
  },
  switchover: {
    description: "move an app to another region without losing anything",
    to: "the region to move to; without it one in sync is chosen",
    examples: [
      "switchover tickets --to ap-southeast-1",
      'switchover --all --reason "planned work"',
    ],
  },
  failover: {
    description: "move an app away from a region that is lost",
    to: "the region that takes over; without it one in sync is chosen",
    mayLoseData: true,
    examples: ["failover tickets", "failover tickets --to ap-southeast-1 --accept-data-loss"],
  },
  failback: {
    description: "move an app back to its primary region",
    examples: ["failback tickets", "failback --all --wait 2m"],
  },
};

interface RoutingFlags extends CommonFlags {
  readonly all: boolean;
  readonly to?: string;
  readonly reason?: string;
  readonly acceptDataLoss?: boolean;
  /** How long, in ms. */
  readonly wait: number;
}

interface RoutingRecord {
  readonly app: string;
  readonly state: string;
  readonly epoch: number;
  readonly servingRegions: readonly string[];
}

/** Time for an answer after the region itself has given up waiting. */
const ANSWER_MS = 5000;
const DEFAULT_WAIT_MS = 60_000;
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
  command: Command,
  options: RoutingFlags,
): Promise<RoutingRecord> {
  const { to, reason, acceptDataLoss, wait: waitMs } = options;
  const body = {
    waitMs: Math.min(waitMs, MAX_WAIT_MS),
    ...(to === undefined ? {} : { to }),
    ...(reason === undefined ? {} : { reason }),
    ...(acceptDataLoss === true ? { acceptDataLoss } : {}),
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
  const key = randomUUID();
  let last: CommandFailure = refused("not-running", "No region can be reached", "No region is up.");
  for (const address of addresses) {
    const url = new URL(path, address).href;
    const answer = await call(running, { method: "POST", url, body, limitMs, key });
    if (answer.kind === "silent") throw cannotTell(answer.reason);
    if (answer.kind === "refused") continue;
    if (answer.status < 300) return answer.body as Body;
    last = failureOfAnswer(answer.status, answer.body);
    if (answer.status !== 503) break;
  }
  throw last;
}

async function runRoutingCommand(
  command: Command,
  app: string | undefined,
  options: RoutingFlags,
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

export function addRouting(program: CommandLine, run: Run): void {
  for (const [name, texts] of Object.entries(ROUTING_COMMANDS)) {
    addCommand(program, name as Command, texts, run);
  }
}

function addCommand(program: CommandLine, name: Command, texts: RoutingTexts, run: Run): void {
  const command = withJson(withData(program.command(name)))
    .description(texts.description)
    .argument("[app]", "the app's id")
    .option("--all", "every app", false)
    .option("--reason <text>", "for the journal")
    .option(
      "--wait <duration>",
      "how long to wait for the result",
      (text: string) => milliseconds("--wait", text),
      DEFAULT_WAIT_MS,
    );
  if (texts.to !== undefined) command.option("--to <region>", texts.to);
  if (texts.mayLoseData === true) {
    const text = "go on although acknowledged writes may be lost";
    command.option("--accept-data-loss", text, false);
  }
  withExamples(command, ...texts.examples);
  command.action(async (app: string | undefined, flags: RoutingFlags) => {
    if ((app === undefined) === !flags.all) {
      throw usage(
        `${name} wants one app or --all`,
        app,
        `Write \`understudy ${name} tickets\` or \`understudy ${name} --all\`.`,
      );
    }
    run.end(await runRoutingCommand(name, app, flags, run.terminal));
  });
}
