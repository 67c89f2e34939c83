/**
 * How much slower this machine is, now, than the one that the tests' limits were chosen on. *shell*
 *
 * A fixed piece of work runs on as many threads as vitest has workers, so that other programs on
 * the same cores count too. A test waits for a condition, and its limit only ends a test that
 * hangs. So each limit is what is ample on the reference machine (two cores, nothing else running)
 * times this number: a slow machine gets more time instead of a false failure.
 */
import { Worker } from "node:worker_threads";

const ROUNDS = 40_000_000;
/** What ROUNDS take on the reference machine. */
const REFERENCE_MS = 50;
const SLOWEST = 20;

const WORK = `
const { parentPort, workerData } = require("node:worker_threads");
const round = (rounds) => {
  let x = 1;
  for (let at = 0; at < rounds; at++) x = Math.imul(x ^ at, 0x9e3779b1);
  return x;
};
round(workerData / 20);
const begun = performance.now();
const result = round(workerData);
parentPort.postMessage({ ms: performance.now() - begun, result });
`;

const workOnce = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const worker = new Worker(WORK, { eval: true, workerData: ROUNDS });
    worker.once("message", ({ ms }: { ms: number }) => resolve(ms));
    worker.once("error", reject);
  });

/** 1 where the machine is as fast as the reference or faster; 2 where it takes twice as long. */
export async function measureSlowness(workers: number): Promise<number> {
  const times = await Promise.all(Array.from({ length: workers }, workOnce));
  const slowness = Math.max(...times) / REFERENCE_MS;
  return Math.round(Math.min(SLOWEST, Math.max(1, slowness)) * 10) / 10;
}
