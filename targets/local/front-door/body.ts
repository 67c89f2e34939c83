/**
 * Takes the body of a request, so that it can be sent more than once where that is allowed. *shell*
 *
 * Small ones are read first; large ones, and those of unknown length that turn out large, stay in
 * the socket and stream to one region at its pace. Memory is counted as bytes arrive: what a client
 * only announces takes none.
 */
import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";

export interface Taken {
  readonly body: Buffer | Readable | null;
  /** Whether it can be sent again. */
  readonly isKept: boolean;
}

export interface Keeping {
  /** Of a body that may be sent again; undefined: it may not. */
  readonly most: number | undefined;
  /** Asked before more is kept. */
  readonly account: (bytes: number) => boolean;
}

/** Read before it is sent even where it cannot be sent again: one write instead of a stream. */
const SMALL_BYTES = 16 * 1024;

/** Calls back at once when there is no body; never, when the client leaves first. */
export function takeBody(
  request: IncomingMessage,
  { most: mostAgain, account }: Keeping,
  taken: (result: Taken) => void,
): void {
  const length = request.headers["content-length"];
  const isChunked = request.headers["transfer-encoding"] !== undefined;
  if (!isChunked && (length === undefined || length === "0")) {
    // An empty body of a POST is sent as such, so that its length is told.
    const isTold = length === "0" && request.method !== "GET" && request.method !== "HEAD";
    return taken({ body: isTold ? Buffer.alloc(0) : null, isKept: true });
  }
  const most = mostAgain ?? SMALL_BYTES;
  if (!isChunked && Number(length) > most) return taken({ body: request, isKept: false });
  if (isChunked && mostAgain === undefined) return taken({ body: request, isKept: false });
  const chunks: Buffer[] = [];
  let bytes = 0;
  const onData = (chunk: Buffer): void => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes <= most && account(chunk.length)) return;
    request.off("data", onData).off("end", onEnd).pause();
    request.unshift(Buffer.concat(chunks));
    taken({ body: request, isKept: false });
  };
  const onEnd = (): void => {
    const [first] = chunks;
    const body = chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
    taken({ body, isKept: true });
  };
  request.on("data", onData).on("end", onEnd);
}
