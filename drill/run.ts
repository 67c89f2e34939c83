/**
 * One drill: a scenario against one deployment, from the first user to the verdict. *shell*
 *
 *   open -> accounts -> load ---------------------------------------> read back -> verdict
 *                        | warm up, then per round: steps, observe, heal, in sync |
 *
 * Whatever goes wrong in a round ends the rounds, not the verdict: what was observed until then is
 * read back and judged.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { createRng } from "../base/rng.ts";
import type { OpenTarget } from "../targets/local/open.ts";
import { decideVerdict, type Observed, type Verdict } from "./checker/verdict.ts";
import { castRoles, NotInSync, perform, type Stage, untilInSync } from "./faults/perform.ts";
import { type Scenario, scenarioFor } from "./faults/scenario.ts";
import type { History, Mark, Operation, Readback, Sighting } from "./history.ts";
import { openAccount } from "./workload/accounts.ts";
import { type Door, openClientDoor, openPlainDoor } from "./workload/doors.ts";
import { type Neighbours, Person } from "./workload/person.ts";
import { type Load, startLoad, type User } from "./workload/population.ts";
import { lookForTickets, readRegions } from "./workload/readback.ts";

export interface RunOptions {
  readonly target: OpenTarget;
  readonly scenario: Scenario;
  readonly rounds: number;
  /** Under load, per round. */
  readonly durationMs: number;
  readonly writesPerSecond: number;
  readonly seed: number;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface DrillResult {
  readonly history: History;
  readonly verdict: Verdict;
  /** What moved, as the deployment's own journal tells it; newest first. */
  readonly journal: readonly unknown[];
}

const APP = "tickets";
const USERS_PER_PATH = 8;
const SETTLE_MS = 20_000;
/** Processes that have just started get slower traffic first; and time to work off a queue. */
const RAMP_MS = 4_000;
const COLD_MS = 2_000;
const LOOKED_FOR = 300;
const LOOK_LIMIT_MS = 5_000;
const READBACK_LIMIT_MS = 120_000;
const LOOKED_BACK_MS = 2_000;

interface Crew {
  readonly users: readonly User[];
  readonly token: () => string;
  readonly refresh: () => Promise<void>;
  readonly looker: Door;
  close(): void;
}

export async function runDrill(options: RunOptions): Promise<DrillResult> {
  const { target, rounds, durationMs, say, signal } = options;
  const { apps } = await target.status();
  const judged = apps.find(({ app }) => app === APP) ?? { durability: "replicated" };
  const scenario = scenarioFor(options.scenario, judged);
  const nowMs = (): number => performance.now();
  const crew = await hireCrew(options);
  const marks: Mark[] = [];
  let load: Load | undefined;
  const stage: Stage = {
    target,
    app: APP,
    nowMs,
    observeMs: durationMs * 0.25,
    mark: (mark) => marks.push(mark),
    surge: (factor) => load?.surge(factor),
    say,
    signal,
  };
  const watch = new Watch();
  try {
    await watch.during(() => untilInSync(stage));
    say(`load: ${options.writesPerSecond} writes/s and half as many reads, over both paths`);
    load = startLoad({
      users: crew.users,
      writesPerSecond: options.writesPerSecond,
      readsPerSecond: options.writesPerSecond / 2,
      rampMs: RAMP_MS,
      nowMs,
    });
    await watch.during(async () => {
      await sleep(RAMP_MS + COLD_MS + durationMs * 0.2, undefined, { signal });
    });
    for (let round = 1; round <= rounds && watch.isGoing; round++) {
      if (rounds > 1) say(`round ${round} of ${rounds}`);
      await watch.during(() => runRound(stage, { scenario, round, crew, watch, load, durationMs }));
      await crew.refresh();
    }
    const untilMs = nowMs();
    await load.stop();
    const readback = await readBack(stage, crew, load.operations, watch);
    const history: History = {
      operations: load.operations,
      marks,
      readback,
      fromMs: load.fromMs + COLD_MS,
      untilMs,
    };
    if (load.turnedAway() > 0) watch.doubts.push(`${load.turnedAway()} operations were not begun`);
    return {
      history,
      verdict: decideVerdict(scenario, history, watch),
      journal: await journalOf(target),
    };
  } finally {
    await load?.stop();
    crew.close();
  }
}

/** What the rounds saw beside the operations. */
class Watch implements Observed {
  readonly moves: { round: number; from: string; to: string }[] = [];
  readonly problems: string[] = [];
  readonly doubts: string[] = [];
  readonly beforeHealing: Sighting[] = [];
  isGoing = true;

  async during(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.isGoing = false;
      const told = error instanceof Error ? error.message : String(error);
      if (error instanceof NotInSync) this.problems.push(`not in sync again: ${told}`);
      else this.doubts.push(`the drill was ended early: ${told}`);
    }
  }
}

interface Round {
  readonly scenario: Scenario;
  readonly round: number;
  readonly crew: Crew;
  readonly watch: Watch;
  readonly load: Load | undefined;
  readonly durationMs: number;
}

async function runRound(stage: Stage, of: Round): Promise<void> {
  const { scenario, round, crew, watch, load, durationMs } = of;
  const roles = await castRoles(stage);
  const beganMs = stage.nowMs();
  for (const step of scenario.steps) await perform(stage, step, roles, { round, role: "fault" });
  const { apps } = await stage.target.status();
  const to = apps.find((one) => one.app === APP)?.servingRegions[0] ?? "nobody";
  watch.moves.push({ round, from: roles.serving, to });
  stage.say(to === roles.serving ? `${to} serves` : `${to} serves now`);
  if (scenario.heal.some((step) => step.do !== "in-sync")) {
    const before = (load?.operations ?? [])
      .filter((o) => o.endMs > beganMs - LOOKED_BACK_MS && o.endMs < beganMs)
      .slice(-LOOKED_FOR);
    const { sightings } = await lookForTickets(before, crew.looker, crew.token, LOOK_LIMIT_MS);
    watch.beforeHealing.push(...sightings);
  }
  for (const step of scenario.heal) await perform(stage, step, roles, { round, role: "heal" });
  await sleep(durationMs * 0.15, undefined, { signal: stage.signal });
}

async function hireCrew({ target, seed }: RunOptions): Promise<Crew> {
  const rng = createRng(seed);
  const drill = `${seed.toString(36)}${Date.now().toString(36)}`;
  const neighbours: Neighbours = { registers: new Map() };
  const door = openPlainDoor(target.frontDoor);
  const accounts = await Promise.all(
    ["drill-one", "drill-two"].map((name) =>
      openAccount(door, { username: `${name}-${drill}`, password: `only for drill ${drill}` }),
    ),
  );
  // It stays: the accounts renew their tokens through it.
  const { regions: known } = await target.status();
  const regions = known.flatMap(({ id, url }) => (url === null ? [] : [{ id, url }]));
  const users: User[] = [];
  for (let index = 0; index < USERS_PER_PATH * 2; index++) {
    const isClient = index % 2 === 0;
    const name = `${isClient ? "client" : "door"}-${(index >> 1) + 1}`;
    const account = accounts[index % accounts.length];
    users.push({
      person: new Person(name, drill, rng.fork(), neighbours),
      door: isClient ? openClientDoor(regions) : openPlainDoor(target.frontDoor),
      token: () => account?.token() ?? "",
    });
  }
  const looker = openClientDoor(regions);
  return {
    users,
    token: () => accounts[0]?.token() ?? "",
    refresh: async () => {
      for (const account of accounts) await account.refresh();
    },
    looker,
    close: () => {
      for (const user of users) user.door.close();
      looker.close();
      door.close();
    },
  };
}

async function readBack(
  stage: Stage,
  crew: Crew,
  operations: readonly Operation[],
  watch: Watch,
): Promise<Readback> {
  stage.say("reading everything back");
  if (watch.isGoing) await watch.during(() => untilInSync(stage));
  if (!watch.isGoing) await mend(stage);
  await crew.refresh();
  const { regions: known } = await stage.target.status();
  const regions = known.flatMap(({ id, url }) => (url === null ? [] : [{ id, url }]));
  const comments = operations.filter((o) => o.kind === "comment" && o.ticketId !== undefined);
  const commented = [...new Set(comments.map((o) => o.ticketId ?? ""))];
  const { token } = crew;
  const listed = await readRegions({ regions, token, commented, settleMs: SETTLE_MS });
  const byId = await lookForTickets(operations, crew.looker, token, READBACK_LIMIT_MS);
  return {
    regions: listed.regions,
    byId: byId.sightings,
    beforeHealing: watch.beforeHealing,
    unread: [...listed.unread, ...byId.unread.slice(0, 5)],
  };
}

/** After a round that broke off: as much as possible is to be read. */
async function mend({ target, say }: Stage): Promise<void> {
  say("healing what is still broken");
  try {
    await target.fault("heal", []);
    const { regions, witness } = await target.status();
    const down = regions.filter(({ up }) => !up).map(({ id }) => id);
    if (witness?.up === false) down.push("witness");
    if (down.length > 0) await target.fault("restart", down);
  } catch (error) {
    say(`it could not be healed: ${(error as Error).message}`);
  }
}

async function journalOf(target: OpenTarget): Promise<readonly unknown[]> {
  const door = openPlainDoor(target.frontDoor);
  const answer = await door.send({ method: "GET", path: `/routing/journal?app=${APP}&limit=500` });
  door.close();
  return "isCertain" in answer ? [] : ((answer.body["items"] ?? []) as unknown[]);
}
