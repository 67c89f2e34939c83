/** `understudy fault` and `understudy region`: what the supervisor does to its processes. *shell* */
import type { Command } from "commander";
import {
  FAULT_KINDS,
  type FaultKind,
  type FaultRequest,
} from "../targets/local/supervisor/fault-plan.ts";
import type { FaultReport } from "../targets/local/supervisor/faults.ts";
import { type CommonFlags, type Run, withData, withExamples, withJson } from "./command-line.ts";
import type { Status } from "./failure.ts";
import { STATUS } from "./failure.ts";
import { direction, idList, milliseconds, numberBetween } from "./option-values.ts";
import { control, mustRun, statusOf } from "./running-deployment.ts";
import type { Terminal } from "./terminal.ts";

const FAULT_TEXTS: Readonly<Record<FaultKind, string>> = {
  kill: "end a region's process at once (SIGKILL); it stays down until restart",
  freeze: "stop a region's process without ending it (SIGSTOP)",
  thaw: "let a frozen one go on (SIGCONT)",
  restart: "start a region again, or stop and start it",
  partition: "drop what goes between a region and every other site, or between two regions",
  slow: "delay and lose messages of a region, or between two",
  "break-health": "make a region judge itself unable to serve",
  overload: "take most of a region's time for nothing: it can do less than it is asked for",
  heal: "take network faults, freezes, overload and broken health back, of a region or everywhere",
};

interface FaultFlags extends CommonFlags {
  readonly direction?: "in" | "out" | "both";
  readonly delay?: number;
  readonly jitter?: number;
  readonly loss?: number;
  readonly share?: number;
  readonly duration?: number;
}

/** A region may take 30 s to start and 5 s to stop before that. */
const FAULT_LIMIT_MS = 40_000;
/** A region that joins copies everything first. */
const MEMBERS_LIMIT_MS = 180_000;

function faultRequestOf(
  kind: FaultKind,
  regions: readonly string[],
  flags: FaultFlags,
): FaultRequest {
  const { direction, delay, jitter, loss, share, duration } = flags;
  const options = {
    ...(direction === undefined ? {} : { direction }),
    ...(delay === undefined ? {} : { delayMs: delay }),
    ...(jitter === undefined ? {} : { jitterMs: jitter }),
    ...(loss === undefined ? {} : { loss }),
    ...(share === undefined ? {} : { share }),
    ...(duration === undefined ? {} : { durationMs: duration }),
  };
  return { kind, regions, options };
}

async function runFault(
  request: FaultRequest,
  options: CommonFlags,
  terminal: Terminal,
): Promise<Status> {
  const running = mustRun(options.data);
  const report = await control<FaultReport>(running, "POST", "faults", {
    body: request,
    limitMs: FAULT_LIMIT_MS,
  });
  if (options.json) {
    terminal.out(JSON.stringify(report));
    return STATUS.done;
  }
  const where = request.regions.length === 0 ? "everywhere" : request.regions.join(", ");
  terminal.out(`${request.kind}: ${where}`);
  for (const site of report.sites) {
    terminal.out(`  ${site.id} is ${site.state}${site.pid === null ? "" : `, pid ${site.pid}`}`);
  }
  return STATUS.done;
}

export interface RegionOptions extends CommonFlags {
  readonly acceptDataLoss?: boolean;
}

export async function runRegion(
  change: "add" | "remove",
  id: string,
  options: RegionOptions,
  terminal: Terminal,
): Promise<Status> {
  const running = mustRun(options.data);
  const limitMs = MEMBERS_LIMIT_MS;
  if (change === "add") {
    terminal.err(`Adding ${id}: it starts, becomes a member, and copies the data ...`);
    await control(running, "POST", "regions", { body: { id }, limitMs });
  } else {
    const how = options.acceptDataLoss === true ? "?accept-data-loss=true" : "";
    const path = `regions/${encodeURIComponent(id)}${how}`;
    await control(running, "DELETE", path, { limitMs });
  }
  const { regions, witness } = await statusOf(running);
  const left = regions.map((region) => region.id);
  if (options.json) {
    const isWitnessed = witness !== null;
    terminal.out(JSON.stringify({ change, region: id, regions: left, witness: isWitnessed }));
    return STATUS.done;
  }
  const done =
    change === "add"
      ? `${id} is a member now, and has the data.`
      : `${id} is no member any more; its data was kept aside.`;
  terminal.out(done);
  terminal.out(`Regions: ${left.join(", ")}${witness === null ? "" : "; and the witness"}`);
  return STATUS.done;
}

const FAULT_EXAMPLES: Readonly<Record<FaultKind, string>> = {
  kill: "fault kill eu-west-1",
  freeze: "fault freeze eu-west-1",
  thaw: "fault thaw eu-west-1",
  restart: "fault restart eu-west-1",
  partition: "fault partition eu-west-1,ap-southeast-1 --direction in",
  slow: "fault slow eu-west-1 --delay 200 --loss 0.05",
  "break-health": "fault break-health eu-west-1",
  overload: "fault overload eu-west-1 --share 0.9 --duration 1m",
  heal: "fault heal",
};

export function addFault(program: Command, run: Run): void {
  const fault = program.command("fault").description("break something on purpose, and heal it");
  withExamples(
    fault,
    "fault kill eu-west-1",
    "fault partition eu-west-1,ap-southeast-1 --direction in",
    "fault slow eu-west-1 --delay 200 --loss 0.05",
    "fault overload eu-west-1 --share 0.9 --duration 1m",
    "fault heal",
  );
  for (const kind of FAULT_KINDS) addFaultKind(fault, kind, run);
}

function addFaultKind(fault: Command, kind: FaultKind, run: Run): void {
  const command = withJson(withData(fault.command(kind))).description(FAULT_TEXTS[kind]);
  command.argument(
    kind === "heal" ? "[region]" : "<region>",
    `a region, or several with commas${kind === "overload" ? "" : "; witness and front-door as well"}`,
  );
  if (kind === "partition" || kind === "slow") {
    command.option("--direction <way>", "in, out or both, seen from the first region", direction);
  }
  if (kind === "slow") {
    command
      .option("--delay <ms>", "added to every message, each way", (text: string) =>
        milliseconds("--delay", text),
      )
      .option("--jitter <ms>", "added at random, up to this", (text: string) =>
        milliseconds("--jitter", text),
      )
      .option("--loss <share>", "share of messages that get lost, 0 to 1", (text: string) =>
        numberBetween("--loss", text, 0, 1),
      );
  }
  if (kind === "overload") {
    command
      .option("--share <share>", "of its time, 0 to 0.95 (default: 0.8)", (text: string) =>
        numberBetween("--share", text, 0, 0.95),
      )
      .option("--duration <time>", "how long, at most 10m (default: 30s)", (text: string) =>
        milliseconds("--duration", text),
      );
  }
  withExamples(command, FAULT_EXAMPLES[kind]);
  command.action(async (regions: string | undefined, flags: FaultFlags) => {
    const request = faultRequestOf(kind, regions === undefined ? [] : idList(regions), flags);
    run.end(await runFault(request, flags, run.terminal));
  });
}

export function addRegion(program: Command, run: Run): void {
  const region = program
    .command("region")
    .description("add or remove a region while the others serve");
  withExamples(region, "region add eu-central-1", "region remove eu-central-1");
  const add = withJson(withData(region.command("add")))
    .description("start a region, make it a member, and copy the data to it")
    .argument("<id>", "the region's id, for example eu-central-1")
    .action(async (id: string, flags: RegionOptions) => {
      run.end(await runRegion("add", id, flags, run.terminal));
    });
  withExamples(add, "region add eu-central-1");
  const remove = withJson(withData(region.command("remove")))
    .description("make a region leave, and stop it; its data is kept aside")
    .argument("<id>", "the region's id")
    .option("--accept-data-loss", "although it does not answer, and may have what no other has")
    .action(async (id: string, flags: RegionOptions) => {
      run.end(await runRegion("remove", id, flags, run.terminal));
    });
  withExamples(remove, "region remove eu-central-1", "region remove eu-west-1 --accept-data-loss");
}
