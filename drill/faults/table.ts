/** Every scenario of the drill, for an app that is replicated. *pure* */
import type { Objectives, Scenario, Step } from "./scenario.ts";

const observe: Step = { do: "observe" };
const inSync: Step = { do: "in-sync" };
const nothingLost = { late: 0, lost: 0, freshReads: true } as const;

/** The region is gone at once, and everybody who talks to it notices. */
const gone: Objectives = {
  writePauseMs: 1_000,
  readPauseMs: 500,
  noFailures: false,
  ...nothingLost,
};
/** The region is there, and says nothing: that takes time to notice. */
const silent: Objectives = { ...gone, writePauseMs: 2_000, readPauseMs: 1_500 };
/** Planned, or nobody's business: no operation fails. */
const unnoticed: Objectives = {
  writePauseMs: 1_000,
  readPauseMs: 500,
  noFailures: true,
  ...nothingLost,
};

export const SCENARIOS: readonly Scenario[] = [
  {
    id: "region-kill",
    title: "The serving region's process is killed, and started again later",
    steps: [{ do: "kill", on: ["serving"] }, observe],
    heal: [{ do: "restart", on: ["serving"] }, inSync],
    moves: true,
    objectives: gone,
  },
  {
    id: "survivor-overload",
    title: "Five times the load, and then the serving region is killed: the survivor takes it all",
    steps: [{ do: "overload", factor: 5 }, observe, { do: "kill", on: ["serving"] }, observe],
    heal: [{ do: "overload", factor: 1 }, { do: "restart", on: ["serving"] }, inSync],
    moves: true,
    objectives: { ...gone, writePauseMs: 2_000, readPauseMs: 1_000 },
  },
  {
    id: "region-freeze",
    title: "The serving region hangs (SIGSTOP), and wakes up believing that it serves",
    steps: [{ do: "freeze", on: ["serving"] }, observe],
    heal: [{ do: "thaw", on: ["serving"] }, inSync],
    moves: true,
    objectives: silent,
  },
  {
    id: "partition",
    title: "The serving region is cut off from every other site; clients still reach it",
    steps: [{ do: "partition", on: ["serving"] }, observe],
    heal: [{ do: "heal", on: [] }, inSync],
    moves: true,
    objectives: silent,
  },
  {
    id: "partition-in",
    title: "Nothing reaches the serving region any more; what it sends arrives",
    steps: [{ do: "partition", on: ["serving"], options: { direction: "in" } }, observe],
    heal: [{ do: "heal", on: [] }, inSync],
    moves: true,
    objectives: silent,
  },
  {
    id: "partition-out",
    title: "Nothing that the serving region sends arrives any more; it hears everything",
    steps: [{ do: "partition", on: ["serving"], options: { direction: "out" } }, observe],
    heal: [{ do: "heal", on: [] }, inSync],
    moves: true,
    objectives: silent,
  },
  {
    id: "link-partition",
    title: "The link between the two regions is cut; the witness is reached by both",
    steps: [{ do: "partition", on: ["serving", "standby"] }, observe],
    heal: [{ do: "heal", on: [] }, inSync],
    objectives: silent,
  },
  {
    id: "slow-link",
    title: "The link between the regions is slow (40 ms each way, 10 ms of jitter)",
    steps: [
      { do: "slow", on: ["serving", "standby"], options: { delayMs: 40, jitterMs: 10 } },
      observe,
    ],
    heal: [{ do: "heal", on: [] }, inSync],
    moves: false,
    objectives: unnoticed,
  },
  {
    id: "break-health",
    title: "The serving region is up, and judges itself unable to serve",
    steps: [{ do: "break-health", on: ["serving"] }, observe],
    heal: [{ do: "heal", on: ["serving"] }, inSync],
    moves: true,
    objectives: { ...silent, writePauseMs: 5_000 },
  },
  {
    id: "witness-lost",
    title: "The witness is killed: nobody should notice",
    steps: [{ do: "kill", on: ["witness"] }, observe],
    heal: [{ do: "restart", on: ["witness"] }, inSync],
    moves: false,
    objectives: unnoticed,
  },
  {
    id: "rolling-restart",
    title: "One region after the other is restarted, the standby first",
    steps: [
      { do: "restart", on: ["standby"] },
      inSync,
      observe,
      { do: "restart", on: ["serving"] },
      inSync,
      observe,
    ],
    heal: [],
    objectives: gone,
  },
  {
    id: "switchover",
    title: "A planned move to the standby region, and back",
    steps: [
      { do: "switchover", to: "standby" },
      observe,
      inSync,
      { do: "switchover", to: "serving" },
      observe,
    ],
    heal: [inSync],
    moves: false,
    objectives: unnoticed,
  },
];

export const scenarioOf = (id: string): Scenario | undefined =>
  SCENARIOS.find((scenario) => scenario.id === id);
