/** `understudy fault` and `understudy region`: what the supervisor does to its processes. *shell* */
import type { FaultKind, FaultRequest } from "../targets/local/supervisor/fault-plan.ts";
import type { FaultReport } from "../targets/local/supervisor/faults.ts";
import type { Status } from "./failure.ts";
import { STATUS } from "./failure.ts";
import { control, mustRun, statusOf } from "./running-deployment.ts";
import type { Terminal } from "./terminal.ts";

export const FAULT_TEXTS: Readonly<Record<FaultKind, string>> = {
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

export interface FaultFlags extends Options {
  readonly direction?: "in" | "out" | "both";
  readonly delay?: number;
  readonly jitter?: number;
  readonly loss?: number;
  readonly share?: number;
  readonly duration?: number;
}

interface Options {
  readonly data: string;
  readonly json: boolean;
}

/** A region may take 30 s to start and 5 s to stop before that. */
const FAULT_LIMIT_MS = 40_000;
/** A region that joins copies everything first. */
const MEMBERS_LIMIT_MS = 180_000;

export function faultRequestOf(
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

export async function runFault(
  request: FaultRequest,
  options: Options,
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

export interface RegionOptions extends Options {
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
