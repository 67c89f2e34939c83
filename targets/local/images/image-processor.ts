/**
 * Pictures drawn by processes of their own, two at a time. *adapter*
 *
 *   process --> shorter line --> its drawing process --> outcome
 *        |                            | late: it is ended, `too-slow`
 *        |                            | died: once more in a new one, then `broken`
 *        +-- too much waits: `busy`
 *
 * Invariants
 *  P1 memory is bounded: WAITING_BYTES wait, LANES pictures are drawn                    (process)
 *  P2 a decoder that crashes or hangs costs its own picture and nothing else              (drawOne)
 *  P3 a drawing process is there only while there is something to draw, and IDLE_MS longer
 */
import type { ImageOutcome, ImageProcessor, ImageRequest } from "../../../layers/images/port.ts";
import { type DrawingChild, startDrawingChild } from "./drawing-child.ts";

export interface SharpImageProcessor extends ImageProcessor {
  /** Of the drawing process, while there is one. */
  readonly pid: number | undefined;
  close(): void;
}

const WAITING_BYTES = 64 * 1024 * 1024;
const WAITING_MOST = 64;
const IDLE_MS = 30_000;
const LIVES = 2;
/** Pictures that are drawn at the same time: the second process starts when the first has one. */
const LANES = 2;

const failed = (code: "too-slow" | "broken" | "busy", reason: string): ImageOutcome => ({
  kind: "failed",
  code,
  reason,
});

/** `program` is what runDrawingProcess is reached by when its first argument is DRAWING_ROLE. */
export function createSharpImageProcessor(program: URL): SharpImageProcessor {
  const lanes = Array.from({ length: LANES }, () => createLane(program));
  let waiting = 0;
  let waitingBytes = 0;

  return {
    get pid() {
      return lanes[0]?.pid;
    },
    process: async (request) => {
      const { length } = request.bytes;
      if (waiting >= WAITING_MOST || waitingBytes + length > WAITING_BYTES) {
        return failed("busy", "Too many pictures are waiting to be drawn.");
      }
      waiting += 1;
      waitingBytes += length;
      try {
        const lane = lanes.reduce((best, one) => (one.waiting < best.waiting ? one : best));
        return await lane.draw(request);
      } finally {
        waiting -= 1;
        waitingBytes -= length;
      }
    },
    close: () => {
      for (const lane of lanes) lane.close();
    },
  };
}

interface Lane {
  readonly pid: number | undefined;
  readonly waiting: number;
  draw(request: ImageRequest): Promise<ImageOutcome>;
  close(): void;
}

function createLane(program: URL): Lane {
  let child: DrawingChild | undefined;
  let idle: NodeJS.Timeout | undefined;
  let line: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  let isClosed = false;

  const end = (): void => {
    clearTimeout(idle);
    child?.end();
    child = undefined;
  };
  const drawOne = async (request: ImageRequest): Promise<ImageOutcome> => {
    clearTimeout(idle);
    let reason = "";
    for (let life = 0; life < LIVES && !isClosed; life++) {
      if (child?.isAlive !== true) child = startDrawingChild(program);
      const ended = await child.draw(request);
      if (ended.kind === "drawn") return ended.outcome;
      child = undefined;
      const { timeMs } = request.limits;
      if (ended.kind === "late") {
        return failed("too-slow", `Drawing it took longer than ${timeMs} ms.`);
      }
      reason = ended.reason;
    }
    if (isClosed) return failed("busy", "The region is going down.");
    return failed("broken", `The decoder gave up on it (${reason}).`);
  };
  const done = (): void => {
    waiting -= 1;
    if (waiting > 0 || isClosed) return;
    idle = setTimeout(end, IDLE_MS);
    idle.unref();
  };

  return {
    get pid() {
      return child?.pid;
    },
    get waiting() {
      return waiting;
    },
    draw: (request) => {
      waiting += 1;
      const outcome = line.then(() => drawOne(request));
      line = outcome.then(done, done);
      return outcome;
    },
    close: () => {
      isClosed = true;
      end();
    },
  };
}
