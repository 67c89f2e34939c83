/**
 * People at work: draws what is due from the pace, sends it, and writes down what came of it.
 * *shell*
 *
 * Bounded: at most `IN_FLIGHT` operations are open and `KEPT` are kept; what goes beyond is counted
 * as `turnedAway`, and the drill then says that it cannot tell.
 */
import { isWrite, type Operation } from "../history.ts";
import { type Answer, outcomeOf, type Silence } from "./answers.ts";
import type { Door } from "./doors.ts";
import { createPace } from "./pace.ts";
import type { Intent, Person } from "./person.ts";

export interface User {
  readonly person: Person;
  readonly door: Door;
  /** The access token in use; it is renewed while the drill runs. */
  token: () => string;
}

export interface Load {
  readonly operations: readonly Operation[];
  readonly turnedAway: () => number;
  /** When the whole rate was reached. */
  readonly fromMs: number;
  /** So many times the rates that were asked for, from now on. */
  surge(factor: number): void;
  /** Stops sending, and resolves when everything sent has come back. */
  stop(): Promise<void>;
}

export interface LoadOptions {
  readonly users: readonly User[];
  readonly writesPerSecond: number;
  readonly readsPerSecond: number;
  readonly rampMs: number;
  readonly nowMs: () => number;
}

const IN_FLIGHT = 10_000;
const KEPT = 1_000_000;
const TICK_MS = 4;
const SURGE_MS = 200;

export function startLoad({ users, nowMs, rampMs, ...rates }: LoadOptions): Load {
  const operations: Operation[] = [];
  const open = new Set<Promise<void>>();
  let number = 0;
  let turnedAway = 0;
  const begunMs = nowMs();

  const send = async (user: User, intent: Intent, dueMs: number, id: number): Promise<void> => {
    const startMs = nowMs();
    const { path } = user.door;
    const answer = await user.door.send({ ...intent.request, token: user.token() });
    operations.push(recordOf({ id, user, intent, path, dueMs, startMs, endMs: nowMs() }, answer));
  };
  const begin = (user: User, choose: () => Intent, dueMs: number): void => {
    if (open.size >= IN_FLIGHT || operations.length >= KEPT) {
      turnedAway += 1;
      return;
    }
    const done = send(user, choose(), dueMs, ++number).finally(() => open.delete(done));
    open.add(done);
  };

  const pacesOf = (share: number, fromMs: number, overMs: number) => [
    {
      pace: createPace(rates.writesPerSecond * share, fromMs, overMs),
      choose: (p: Person) => p.nextWrite(),
    },
    {
      pace: createPace(rates.readsPerSecond * share, fromMs, overMs),
      choose: (p: Person) => p.nextRead(),
    },
  ];
  const usual = pacesOf(1, begunMs, rampMs);
  let more: typeof usual = [];
  const turns = [0, 0, 0, 0];
  const tick = setInterval(() => {
    for (const [index, { pace, choose }] of [...usual, ...more].entries()) {
      for (const dueMs of pace.due(nowMs())) {
        const turn = turns[index] ?? 0;
        turns[index] = turn + 1;
        const user = users[turn % users.length];
        if (user !== undefined) begin(user, () => choose(user.person), dueMs);
      }
    }
  }, TICK_MS);

  return {
    operations,
    turnedAway: () => turnedAway,
    fromMs: begunMs + rampMs,
    surge(factor) {
      more = factor > 1 ? pacesOf(factor - 1, nowMs(), SURGE_MS) : [];
    },
    async stop() {
      clearInterval(tick);
      while (open.size > 0) await Promise.all([...open]);
    },
  };
}

interface Sent {
  readonly id: number;
  readonly user: User;
  readonly intent: Intent;
  readonly path: Operation["path"];
  readonly dueMs: number;
  readonly startMs: number;
  readonly endMs: number;
}

function recordOf(sent: Sent, answer: Answer | Silence): Operation {
  const { id, user, intent, path, dueMs, startMs, endMs } = sent;
  const { kind, marker, request } = intent;
  const asked = { kind } as Operation;
  const told = outcomeOf(answer, isWrite(asked));
  const whole = "isCertain" in answer ? undefined : answer;
  const learnt = user.person.learn(intent, told.outcome, whole);
  // A single ticket that is not there is an answer, and for the checker to judge.
  const outcome = learnt.absent === true ? "ok" : told.outcome;
  return {
    number: id,
    path,
    user: user.person.name,
    kind,
    dueMs,
    startMs,
    endMs,
    ...told,
    outcome,
    ...(request.key === undefined ? {} : { key: request.key }),
    ...(marker === undefined ? {} : { marker }),
    ...learnt,
  };
}
