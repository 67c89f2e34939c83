import { expect, test } from "vitest";
import { type Ancestor, judgeLineage, lineageOf } from "./lineage.ts";

const at = (pid: number, parent: number, command: string, session = 1): Ancestor => ({
  pid,
  parent,
  session,
  command,
});
const SELF = at(30, 20, "node cli/understudy.mjs up");
const SHELL = at(20, 10, "sh -c npm run build && node cli/understudy.mjs up");
const NPM = at(10, 2, "npm start");
const readFrom = (...known: Ancestor[]) => {
  return (pid: number) => known.find((one) => one.pid === pid);
};
const alive = (...pids: number[]) => {
  return (pid: number) => pids.includes(pid);
};

test.each([
  ["npm start", [SHELL, NPM]],
  ["npm exec understudy up", [SHELL, { ...NPM, command: "npm exec understudy up" }]],
  ["node npx-cli.js", [SHELL, { ...NPM, command: "node /usr/lib/npm/bin/npx-cli.js -y x" }]],
])("the npm that waits for it is found above the shell: %s", (_, chain) => {
  expect(lineageOf(SELF, readFrom(...chain))).toEqual(chain);
});

test.each([
  ["no npm above", [at(20, 1, "bash")]],
  ["its shell has gone already", []],
  ["a session of its own", [{ ...SHELL, session: 9 }, NPM]],
  ["a terminal that a script has opened", [SHELL, { ...NPM, session: 9 }]],
])("nothing waits for it: %s", (_, chain) => {
  expect(lineageOf(SELF, readFrom(...chain))).toEqual([]);
  expect(judgeLineage([], alive(), false)).toBe("over");
});

const JOB = { ...SHELL, command: "sh -c node cli/understudy.mjs up & sleep 9" };
test.each([
  ["both live", [SHELL, NPM], alive(20, 10), false, undefined],
  ["npm was killed", [SHELL, NPM], alive(20), false, "stop"],
  ["npm was killed, which had no shell between", [NPM], alive(), false, "stop"],
  ["npm handed SIGTERM to the shell", [SHELL, NPM], alive(), false, "stop"],
  ["the same, without an input", [SHELL, NPM], alive(), true, "stop"],
  ["npm was killed while its script goes on", [JOB, NPM], alive(20), true, "stop"],
  ["the script has ended, it is its job", [JOB, NPM], alive(10), true, "over"],
  ["the script and npm have ended", [JOB, NPM], alive(), true, "over"],
  ["a script in a file has ended", [{ ...SHELL, command: "sh go.sh" }, NPM], alive(), true, "over"],
  [
    "a script with && and >&2",
    [{ ...SHELL, command: "sh -c a && b 2>&1 >&2" }, NPM],
    alive(),
    true,
    "stop",
  ],
] as const)("%s", (_, lineage, isAlive, readsNothing, verdict) => {
  expect(judgeLineage(lineage, isAlive, readsNothing)).toBe(verdict);
});
