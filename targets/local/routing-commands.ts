/**
 * Commands of operators, carried out where they have to be. *shell*
 *
 *   fence, unfence         anywhere: the register decides
 *   switchover, failback   by the region that serves, which hands over
 *   failover               by the region that takes over
 *
 * A command for another region is handed to it over HTTP with the operator's token, once: a region
 * that finds itself asked for the same thing while it waits for the other's answer refuses, so two
 * regions that disagree about who serves do not ask each other in circles.
 *
 * Every command ends: done, refused with the reason, or `unknown` when its time is up.
 */
import type { Instant } from "../../base/clock.ts";
import { failed, type Outcome, unknown } from "../../base/outcome.ts";
import type { CommandAnswer } from "../../layers/region/app-parts.ts";
import type { AppRegion } from "../../layers/region/app-region.ts";
import type { Command, CommandCode, CommandOptions } from "../../layers/routing/port.ts";
import { OPERATOR_NAME } from "../../layers/routing/port.ts";
import {
  type RoutingRecord,
  type RoutingView,
  servingRegionsOf,
  viewOf,
} from "../../layers/routing/record.ts";
import { repeatIn } from "../../layers/routing/repeats.ts";
import { noMajorityReason, type VotersView } from "../../layers/routing/voters.ts";

type Ended = Outcome<RoutingView, CommandCode>;

/** Hands a command to another region. */
export type ForwardCommand = (
  region: string,
  app: string,
  command: Command,
  options: CommandOptions,
  limitMs: number,
) => Promise<Ended>;

export interface CommandRun {
  readonly self: string;
  readonly app: AppRegion;
  readonly command: Command;
  readonly given: CommandOptions;
  readonly now: () => Instant;
  readonly forward: ForwardCommand;
  readonly voters: VotersView;
}

const DEFAULT_WAIT_MS = 10_000;
/** For what comes after the waiting: the rounds at the register. */
const ROUNDS_MS = 5000;

const forwarding = new Set<string>();

export async function runCommand(run: CommandRun): Promise<Ended> {
  const waitMs = run.given.waitMs ?? DEFAULT_WAIT_MS;
  const record = run.app.record;
  if (record === undefined) {
    return failed("no-majority", "this region does not know the app's record yet; try again");
  }
  const reason = noMajorityReason(run.voters);
  if (reason !== undefined) return failed("no-majority", reason);
  switch (run.command) {
    case "fence":
    case "unfence": {
      const { reason = "" } = run.given;
      return here(run, waitMs, (answer) =>
        run.app.commands[run.command as "fence"]({ ...asked(run), reason }, answer, run.now()),
      );
    }
    case "switchover":
    case "failback":
      return move(run, record, waitMs);
    case "failover":
      return takeOver(run, record, waitMs);
  }
}

const asked = ({ given: { by, commandId } }: CommandRun) => ({
  by,
  ...(commandId === undefined ? {} : { commandId }),
});

/** Whether a move was carried out before, by this or another region. */
const isDone = ({ given }: CommandRun, record: RoutingRecord): boolean =>
  given.commandId !== undefined && repeatIn(record, given.commandId) === "done";

function move(run: CommandRun, record: RoutingRecord, waitMs: number): Promise<Ended> {
  const { app, command, given, now } = run;
  if (isDone(run, record)) return Promise.resolve({ kind: "ok", value: viewOf(record) });
  const serving = servingRegionsOf(record);
  const isBack = command === "failback";
  const to = isBack ? record.primary : (given.to ?? candidateOf(record));
  const problem = refusalOf(run, record, to);
  if (to === undefined || problem !== undefined) return Promise.resolve(problem as Ended);
  if (serving.includes(to)) {
    return Promise.resolve(failed("not-allowed", `${to} serves ${record.app} already`));
  }
  const options = {
    ...asked(run),
    reason: given.reason ?? command,
    cause: command as "switchover" | "failback",
    waitMs,
  };
  return here(run, waitMs, (answer) => app.commands.switchover(to, options, answer, now()));
}

function takeOver(run: CommandRun, record: RoutingRecord, waitMs: number): Promise<Ended> {
  const { app, self, given, now } = run;
  if (isDone(run, record)) return Promise.resolve({ kind: "ok", value: viewOf(record) });
  const isServing = servingRegionsOf(record).includes(self);
  const isPassive = record.mode === "active-passive";
  const to = given.to ?? (isServing && isPassive ? candidateOf(record) : self);
  const problem = refusalOf(run, record, to);
  if (to === undefined || problem !== undefined) return Promise.resolve(problem as Ended);
  if (to !== self) return elsewhere(run, to, waitMs);
  if (isServing && isPassive) {
    return Promise.resolve(failed("not-allowed", `${self} serves ${record.app} already`));
  }
  const options = {
    ...asked(run),
    reason: given.reason ?? "failover",
    acceptDataLoss: given.acceptDataLoss === true,
  };
  return here(run, waitMs, (answer) => app.commands.failover(options, answer, now()));
}

/** The region an app moves to when none is named: in sync first, in order of preference. */
function candidateOf(record: RoutingRecord): string | undefined {
  const others = record.regions.filter((region) => !servingRegionsOf(record).includes(region));
  return others.find((region) => record.inSyncRegions.includes(region)) ?? others[0];
}

function refusalOf(
  run: CommandRun,
  record: RoutingRecord,
  to: string | undefined,
): Ended | undefined {
  if (to === undefined) return failed("no-candidate", `no other region has ${record.app}`);
  if (!record.regions.includes(to)) {
    const known = record.regions.join(", ");
    return failed("unknown-region", `${to} is no region of ${record.app}; there are ${known}`);
  }
  const isMove = run.command === "switchover" || run.command === "failback";
  if (isMove && record.mode === "active-active") {
    return failed("not-allowed", `${record.app} is active-active: it serves in several regions`);
  }
  return undefined;
}

/** Runs a core's command, bounded in time; hands it on when the core says that it belongs there. */
function here(
  run: CommandRun,
  waitMs: number,
  start: (answer: CommandAnswer) => void,
): Promise<Ended> {
  return new Promise((resolve) => {
    const late = (): void =>
      resolve(unknown("no majority of voters has answered in time; it may still happen"));
    const timer = setTimeout(late, waitMs + ROUNDS_MS);
    start((end) => {
      clearTimeout(timer);
      if (end.kind === "elsewhere") resolve(elsewhere(run, end.region, waitMs));
      else resolve(end.kind === "ok" ? { kind: "ok", value: viewOf(end.value) } : end);
    });
  });
}

async function elsewhere(run: CommandRun, region: string, waitMs: number): Promise<Ended> {
  const { app, command, given, self } = run;
  const id = app.options.app;
  const key = `${id} ${command}`;
  if (region === self || forwarding.has(key)) {
    return failed("not-serving", `the regions do not agree yet on who serves ${id}; try again`);
  }
  forwarding.add(key);
  try {
    return await run.forward(region, id, command, given, waitMs + 2 * ROUNDS_MS);
  } finally {
    forwarding.delete(key);
  }
}

/** Over HTTP, as any operator would. */
export function createForward(
  urlOf: (region: string) => string | undefined,
  operatorToken: string,
): ForwardCommand {
  return async (region, app, command, given, limitMs) => {
    const url = urlOf(region);
    if (url === undefined) return failed("no-candidate", `${region} has never been up`);
    const { by, commandId, ...body } = given;
    const key = commandId === undefined ? {} : { "idempotency-key": commandId };
    let answer: Response;
    try {
      answer = await fetch(new URL(`/routing/apps/${app}/${command}`, url), {
        method: "POST",
        headers: {
          authorization: `Bearer ${operatorToken}`,
          "content-type": "application/json",
          [OPERATOR_NAME]: encodeURIComponent(by),
          ...key,
        },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(limitMs),
      });
    } catch (error) {
      const cause = (error as { cause?: { code?: string } }).cause?.code;
      if (cause === "ECONNREFUSED") return failed("no-candidate", `${region} is down`);
      return unknown(`${region} did not answer`);
    }
    const told: unknown = await answer.json().catch(() => undefined);
    if (answer.ok) return { kind: "ok", value: told as RoutingView };
    const { detail = `${region} answered ${answer.status}`, code } = (told ?? {}) as {
      detail?: string;
      code?: string;
    };
    if (answer.status === 504) return unknown(detail);
    return failed(COMMAND_CODES.find((known) => known === code) ?? "not-allowed", detail);
  };
}

const COMMAND_CODES: readonly CommandCode[] = [
  "not-allowed",
  "no-candidate",
  "would-lose-data",
  "no-majority",
  "not-serving",
  "key-reused",
];
