/**
 * Carries out the steps of a scenario, and marks when each was made. *shell*
 *
 * A mark's time is taken just before the request leaves, so that a measured recovery includes how
 * long it took to break the thing.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { OpenTarget } from "../../targets/local/open.ts";
import type { Mark } from "../history.ts";
import { openPlainDoor } from "../workload/doors.ts";
import type { Role, Step } from "./scenario.ts";

export type Roles = Readonly<Record<Role, string>>;

export interface Stage {
  readonly target: OpenTarget;
  readonly app: string;
  readonly nowMs: () => number;
  readonly observeMs: number;
  readonly mark: (mark: Mark) => void;
  /** Multiplies the load. */
  readonly surge: (factor: number) => void;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

const IN_SYNC_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 50;
/** Of a region that keeps up under load. */
const LAG_MOST_WRITES = 64;

/** Who plays which part now. */
export async function castRoles({ target, app }: Pick<Stage, "target" | "app">): Promise<Roles> {
  const { regions, apps } = await target.status();
  const serving = apps.find((one) => one.app === app)?.servingRegions[0];
  const standby = regions.find((region) => region.id !== serving && region.up)?.id;
  if (serving === undefined) throw new Error(`no region serves ${app}`);
  if (standby === undefined) throw new Error(`there is no second region that could serve ${app}`);
  return { serving, standby, witness: "witness" };
}

export async function perform(
  stage: Stage,
  step: Step,
  roles: Roles,
  as: { readonly round: number; readonly role: Mark["role"] },
): Promise<void> {
  stage.signal.throwIfAborted();
  if (step.do === "observe") {
    await sleep(stage.observeMs, undefined, { signal: stage.signal });
    return;
  }
  if (step.do === "in-sync") return untilInSync(stage);
  if (step.do === "overload") {
    const atMs = stage.nowMs();
    const what = `load x ${step.factor}`;
    stage.say(what);
    stage.surge(step.factor);
    return stage.mark({ atMs, doneMs: atMs, what, sites: [], ...as });
  }
  const sites = step.do === "switchover" ? [roles[step.to]] : step.on.map((role) => roles[role]);
  const what = `${step.do} ${sites.join(",")}`.trim();
  stage.say(what);
  const atMs = stage.nowMs();
  try {
    if (step.do === "switchover") await switchOver(stage, roles[step.to]);
    else await stage.target.fault(step.do, sites, step.options ?? {});
  } finally {
    // Also of what failed: it may have done something.
    const restarted = step.do === "restart" ? { restarted: true } : {};
    stage.mark({ atMs, doneMs: stage.nowMs(), what, sites, ...as, ...restarted });
  }
}

/** Asks the region that serves, as the command line does. */
async function switchOver({ target, app }: Stage, to: string): Promise<void> {
  const { regions, apps } = await target.status();
  const serving = apps.find((one) => one.app === app)?.servingRegions[0];
  const url = regions.find(({ id }) => id === serving)?.url ?? target.frontDoor;
  const door = openPlainDoor(url);
  const answer = await door.send({
    method: "POST",
    path: `/routing/apps/${app}/switchover`,
    token: target.operatorToken,
    body: { to, reason: "drill" },
  });
  door.close();
  if ("isCertain" in answer) throw new Error(`switchover to ${to}: ${answer.code}`);
  if (answer.status < 300) return;
  throw new Error(
    `switchover to ${to} was answered ${answer.status}: ${String(answer.body["detail"] ?? "")}`,
  );
}

export async function untilInSync({ target, app, nowMs, signal }: Stage): Promise<void> {
  const until = nowMs() + IN_SYNC_LIMIT_MS;
  let why = "nothing was told";
  while (nowMs() < until) {
    signal.throwIfAborted();
    const { regions, apps, ready } = await target.status();
    const record = apps.find((one) => one.app === app);
    const ill = regions.filter((region) => !region.up || !region.healthy);
    const behind = regions.filter((region) => record === undefined || isBehind(record, region.id));
    if (ill.length === 0 && behind.length === 0 && ready) return;
    why = [
      ...ill.map(({ id, state, reason = "" }) => `${id} is ${state} ${reason}`.trim()),
      ...behind.map(({ id }) => `${id} is not in sync`),
      ...(ready ? [] : ["the deployment is not ready"]),
    ].join("; ");
    await sleep(LOOK_EVERY_MS);
  }
  throw new NotInSync(`after ${IN_SYNC_LIMIT_MS / 1000} s: ${why}`);
}

type AppRecord = Awaited<ReturnType<OpenTarget["status"]>>["apps"][number];

/** A `local` app waits for nobody, so what counts there is how far the others have come. */
function isBehind({ durability, inSyncRegions, servingRegions, lag }: AppRecord, region: string) {
  if (durability !== "local") return !inSyncRegions.includes(region);
  if (servingRegions.includes(region)) return false;
  const behind = lag[region];
  // What is not known is not in step.
  return (behind?.writes ?? Number.POSITIVE_INFINITY) > LAG_MOST_WRITES;
}

/** The deployment did not come back: a finding, not a fault of the drill. */
export class NotInSync extends Error {
  override readonly name = "NotInSync";
}
