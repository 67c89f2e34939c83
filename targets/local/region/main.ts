/**
 * A region's process: its main thread serves, its worker thread votes and renews, and a process of
 * its own draws pictures. *composition*
 *
 * One program for all three, so that wherever it is put, compiled or bundled, they belong together.
 */
import { isMainThread } from "node:worker_threads";
import { DRAWING_ROLE } from "../images/messages.ts";

if (isMainThread && process.argv[2] === DRAWING_ROLE) {
  const { runDrawingProcess } = await import("../images/drawing-process.ts");
  runDrawingProcess();
} else if (isMainThread) {
  const { runRegionProcess } = await import("./region-process.ts");
  await runRegionProcess(new URL(import.meta.url));
} else {
  const { runRegionWorker } = await import("../voter/worker.ts");
  await runRegionWorker();
}
