import { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { monotonicMs, wallMs } from "../../../base/clock.ts";
import { LeaseBoard } from "./lease-board.ts";

const endOf = (value: number) => ({
  epoch: value,
  mono: monotonicMs(value + 0.25),
  wall: wallMs(value + 0.5),
});

test("what one side writes the other side of the memory reads", () => {
  const writer = new LeaseBoard(["identity", "tickets", "photos"]);
  const reader = new LeaseBoard(["identity", "tickets", "photos"], writer.memory);
  expect(reader.read("tickets")).toBeUndefined();
  writer.write("tickets", endOf(7));
  writer.write("photos", endOf(8));
  expect(reader.read("tickets")).toEqual(endOf(7));
  expect(reader.read("photos")).toEqual(endOf(8));
  expect(reader.read("identity")).toBeUndefined();
  writer.write("tickets", undefined);
  expect(reader.read("tickets")).toBeUndefined();
});

test("an app that is not on the board has no lease", () => {
  const board = new LeaseBoard(["tickets"]);
  board.write("photos", endOf(1));
  expect(board.read("photos")).toBeUndefined();
});

test("two sides that name other apps are refused", () => {
  const board = new LeaseBoard(["tickets"]);
  expect(() => new LeaseBoard(["identity", "tickets"], board.memory)).toThrow("same apps");
});

/** Writes numbers that belong together as fast as it can, in the layout of the board, until told. */
const FAST_WRITER = `
  const { workerData } = require("node:worker_threads");
  const versions = new Int32Array(workerData.board, 0, 2);
  const numbers = new Float64Array(workerData.board, 8);
  const stop = new Int32Array(workerData.stop);
  for (let value = 1; Atomics.load(stop, 0) === 0; value++) {
    const version = Atomics.load(versions, 0) + 1;
    const at = (version & 1) * 3;
    numbers[at] = value; numbers[at + 1] = value + 0.25; numbers[at + 2] = value + 0.5;
    Atomics.store(versions, 0, version | 0);
  }
`;

test("a reader never sees the halves of two writes", async () => {
  const board = new LeaseBoard(["tickets"]);
  const stop = new SharedArrayBuffer(4);
  const workerData = { board: board.memory, stop };
  const worker = new Worker(FAST_WRITER, { eval: true, workerData });
  const exited = new Promise((resolve) => worker.once("exit", resolve));
  let last = 0;
  for (let changes = 0; changes < 2000; ) {
    for (let read = 0; read < 10_000; read++) {
      const end = board.read("tickets");
      if (end === undefined || end.epoch === last) continue;
      changes++;
      last = end.epoch;
      if (end.mono !== last + 0.25 || end.wall !== last + 0.5) expect(end).toEqual(endOf(last));
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  Atomics.store(new Int32Array(stop), 0, 1);
  await exited;
  expect(last).toBeGreaterThan(1);
});
