/**
 * A region's process: its main thread serves, its worker thread votes and renews. *composition*
 *
 * One program for both threads, so that wherever it is put, compiled or bundled, they belong
 * together.
 */
import { isMainThread } from "node:worker_threads";

if (isMainThread) {
  const { runRegionProcess } = await import("./region-process.ts");
  await runRegionProcess(new URL(import.meta.url));
} else {
  const { runRegionWorker } = await import("../voter/worker.ts");
  await runRegionWorker();
}
