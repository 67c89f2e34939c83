/** `understudy status`: which processes run, and where each app serves. *shell* */
import type { Command } from "commander";
import { formatDuration } from "../base/duration.ts";
import type { DeploymentStatus } from "../targets/local/supervisor/status.ts";
import { type CommonFlags, type Run, withData, withExamples, withJson } from "./command-line.ts";
import type { Status } from "./failure.ts";
import { STATUS } from "./failure.ts";
import { describeChecks, describeNames } from "./names-text.ts";
import { mustRun, statusOf } from "./running-deployment.ts";
import { describeLag, describeRisk, explainUnknown } from "./standing-text.ts";
import { type Terminal, table } from "./terminal.ts";
import { describeVoters } from "./voters-text.ts";

async function runStatus(options: CommonFlags, terminal: Terminal): Promise<Status> {
  const status = await statusOf(mustRun(options.data));
  if (options.json) terminal.out(JSON.stringify(status));
  else for (const line of describeStatus(status)) terminal.out(line);
  return STATUS.done;
}

const pid = (value: number | null): string => (value === null ? "-" : `pid ${value}`);

/** What an operator has to know of an app beside where it is; nothing of most. */
export function describeTerms(app: DeploymentStatus["apps"][number]): string[] {
  const { policy, minInSync, takeover, objectives, inSyncRegions } = app;
  const lines: string[] = [];
  if (takeover) {
    const { step, state, sinceMs, reason } = takeover;
    const why = reason === undefined ? "" : `: ${reason}`;
    const next = state === "failed" ? "; `understudy unfence` repeats the steps" : "";
    lines.push(`takeover step ${step} ${state} for ${formatDuration(sinceMs)}${why}${next}`);
  }
  if (policy === "manual") lines.push("failover is manual: it moves by an operator's word alone");
  if (minInSync > 1) {
    const refused = inSyncRegions.length < minInSync ? ": writes are refused" : "";
    lines.push(`${inSyncRegions.length} of at least ${minInSync} regions are in sync${refused}`);
  }
  const behind = Math.max(0, ...Object.values(app.lag).map((lag) => lag?.ms ?? 0));
  if (app.durability === "local" && behind > objectives.rpoMs) {
    const [lag, most] = [formatDuration(behind), formatDuration(objectives.rpoMs)];
    lines.push(
      `${lag} of writes are in one region only, ${most} at most wanted (objectives.rpoMs)`,
    );
  }
  lines.push(...describeHomes(app));
  if (app.lastMove) lines.push(describeMove(app.lastMove));
  const late = describeLateCounts(app);
  if (late !== undefined) lines.push(late);
  return lines.map((line) => `${app.app}: ${line}`);
}

/** Who decides for which name; a closed one with what opens it. */
function describeHomes({ app, homes = {} }: DeploymentStatus["apps"][number]): string[] {
  const named = Object.entries(homes);
  if (named.length === 0) return [];
  const where = named.map(([name, { region, state }]) => {
    const said = state === "open" ? "" : ` (${state})`;
    return `${name} in ${region ?? "no region"}${said}`;
  });
  const isClosed = named.some(([, { region, state }]) => state === "closed" && region !== null);
  const open = `\`understudy failover ${app} --to REGION --accept-data-loss\` opens what is closed`;
  return [`homes: ${where.join(", ")}${isClosed ? `; ${open}` : ""}`];
}

type Move = NonNullable<DeploymentStatus["apps"][number]["lastMove"]>;

function describeMove(move: Move): string {
  const { cause, at, from, to, by, reason, acceptedDataLoss, pauseMs, pauseSince } = move;
  const where = `${from.join(", ")} -> ${to.join(", ")}`;
  const least = pauseSince === "start" ? "at least " : "";
  return [
    `last move: ${cause} at ${new Date(at).toISOString().replace("T", " ")}`,
    where,
    pauseMs === undefined
      ? "the pause is not known"
      : `writes paused ${least}${formatDuration(pauseMs)}`,
    ...(acceptedDataLoss ? [`data loss accepted by ${by}: ${reason}`] : []),
  ].join(", ");
}

/** Nothing where there were none. */
function describeLateCounts({
  app,
  lateWrites,
}: DeploymentStatus["apps"][number]): string | undefined {
  if (lateWrites === undefined) return undefined;
  const { recovered, superseded, partly, neverAcknowledged, waiting } = lateWrites;
  const counts: readonly (readonly [number, string])[] = [
    [recovered, "recovered"],
    [superseded, "superseded"],
    [partly, "partly recovered"],
    [neverAcknowledged, "never acknowledged"],
    [waiting ?? 0, "not judged yet"],
  ];
  const some = counts.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
  if (some.length === 0) return undefined;
  return `late writes: ${some.join(", ")}; \`understudy late-writes ${app}\` lists them`;
}

const indented = (lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : ["", ...lines.map((line) => `  ${line}`)];

const MEMBERSHIP = {
  member: "",
  joining: "being added",
  copying: "copying the data",
  leaving: "being removed",
} as const;

function crashesOf({ crashes, restartsInMs }: DeploymentStatus["regions"][number]): string {
  if (crashes === 0) return "";
  const times = crashes === 1 ? "crashed once" : `crashed ${crashes} times`;
  if (restartsInMs === undefined) return times;
  return `${times}, is started again in ${formatDuration(restartsInMs)}`;
}

function describeStatus(status: DeploymentStatus): string[] {
  const regions = status.regions.map((region) => {
    const judged = region.healthy
      ? "healthy"
      : `not healthy: ${region.reason ?? "it does not say why"}`;
    return [
      `  ${region.id}`,
      region.state,
      pid(region.pid),
      region.url ?? "-",
      [region.up ? judged : (region.reason ?? ""), MEMBERSHIP[region.membership], crashesOf(region)]
        .filter(Boolean)
        .join(", "),
    ];
  });
  const witness =
    status.witness === null
      ? []
      : [["  witness", status.witness.state, pid(status.witness.pid), "", ""]];
  const apps = status.apps.map((app) => [
    `  ${app.app}`,
    status.majority === false ? `${app.state}, no majority` : app.state,
    app.servingRegions.join(", ") || "-",
    String(app.epoch),
    app.inSyncRegions.join(", "),
    describeLag(app),
    describeRisk(app),
  ]);
  const header = ["  APP", "STATE", "SERVED BY", "EPOCH", "IN SYNC", "BEHIND", "WRITES AT RISK"];
  return [
    `Front door  ${status.frontDoor ?? "-"}  (${pid(status.frontDoorPid)})`,
    ...(status.dns === null
      ? []
      : [`DNS         ${status.dns.address}:${status.dns.port}, ${describeNames(status.dns)}`]),
    ...describeVoters(status),
    "",
    ...table([["  REGION", "PROCESS", "", "ADDRESS", "HEALTH"], ...regions, ...witness]),
    "",
    ...(apps.length === 0 ? ["  No region tells of any app."] : table([header, ...apps])),
    ...explainUnknown(status.apps),
    ...indented(status.apps.flatMap(describeTerms)),
    ...(status.healthChecks.length === 0
      ? []
      : ["", "  HEALTH CHECKS", ...describeChecks(status.healthChecks)]),
    ...status.regions.flatMap(({ id, named, namedTrouble }) =>
      namedTrouble === undefined
        ? []
        : ["", `  ${id} does not answer at ${named}, where its name leads to: ${namedTrouble}.`],
    ),
    ...(status.faults.length === 0
      ? []
      : [
          "",
          "  Injected and not healed:",
          ...status.faults.map((fault) => `    ${describeFault(fault)}`),
        ]),
  ];
}

function describeFault({
  kind,
  sites,
  direction,
  fault,
  since,
  by,
}: DeploymentStatus["faults"][number]): string {
  const where = sites.length > 1 ? `between ${sites.join(" and ")}` : `of ${sites.join("")}`;
  const how = [
    ...(direction === "both" ? [] : [`direction ${direction}`]),
    ...(fault.delayMs ? [`delay ${formatDuration(fault.delayMs)}`] : []),
    ...(fault.jitterMs ? [`jitter ${formatDuration(fault.jitterMs)}`] : []),
    ...(fault.loss ? [`loss ${fault.loss}`] : []),
  ];
  const ago = `for ${formatDuration(Math.max(0, Date.now() - since))} by ${by}`;
  return [`${kind} ${where}`, ...how, ago].join(", ");
}

export function addStatus(program: Command, run: Run): void {
  const command = withJson(withData(program.command("status")))
    .description("show which processes run, and where each app serves")
    .action(async (flags: CommonFlags) => {
      run.end(await runStatus(flags, run.terminal));
    });
  withExamples(command, "status", "status --json");
}
