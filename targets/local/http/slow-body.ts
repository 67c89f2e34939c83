/**
 * Bounds how slowly a request's body may arrive. *shell*
 *
 * Only a pause ends an upload, however long it takes in all: `idleMs` without a byte. One that
 * trickles, a byte before each pause is over, would hold its place for ever; so after PATIENCE
 * pauses it has to have been faster than 1 KB/s. Bytes that have arrived and that nobody here has
 * read yet are not their sender's pause.
 *
 * Once the answer is out, the socket's time-out is the server's own: for an idle connection.
 */
import type { IncomingMessage, ServerResponse } from "node:http";

const PATIENCE = 20;
const SLOWEST_BYTES_PER_MS = 1;
const LARGEST_BYTES = 8 * 1024 * 1024 * 1024;
/** The longest that a timer can wait. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back at most once, and not after the whole body has arrived. */
export function limitPauses(
  request: IncomingMessage,
  response: ServerResponse,
  idleMs: number,
  late: (detail: string) => void,
): void {
  if (request.complete) return;
  const { socket } = request;
  const end = (detail: string): void => {
    if (request.complete) return;
    stop();
    late(detail);
  };
  const onIdle = (): void => {
    if (request.readableLength > 0) socket.setTimeout(idleMs);
    else end(`nothing of the body arrived for ${idleMs} ms`);
  };
  const bytes = Number(request.headers["content-length"] ?? LARGEST_BYTES);
  const wholeMs = PATIENCE * idleMs + Math.min(bytes, LARGEST_BYTES) / SLOWEST_BYTES_PER_MS;
  const whole = setTimeout(
    () => end(`the body was slower than 1 KB/s for ${Math.ceil(wholeMs)} ms`),
    Math.min(wholeMs, LONGEST_MS),
  );
  const stop = (): void => {
    clearTimeout(whole);
    request.off("timeout", onIdle);
  };
  request.on("timeout", onIdle);
  socket.setTimeout(idleMs);
  // A body that nobody reads ends after the answer, when the server lets go of it.
  request.once("end", () => {
    if (!response.writableFinished) socket.setTimeout(0);
  });
  for (const event of ["end", "close"]) request.once(event, stop);
}
