/** Bytes to a server and its bytes back, as no HTTP client would send them. *adapter for tests* */
import { connect } from "node:net";

export interface RawAnswer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  readonly tookMs: number;
}

/** `halfClose`: our half ends with the last byte (default), as `nc -N` does. */
export function sendRaw(
  port: number,
  text: string | Buffer,
  { halfClose = true, limitMs = 15_000 } = {},
): Promise<RawAnswer> {
  const from = performance.now();
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let got = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => (got += chunk));
    socket.setTimeout(limitMs, () =>
      socket.destroy(new Error(`no end after ${limitMs} ms: ${got}`)),
    );
    socket.on("error", (error: NodeJS.ErrnoException) => {
      // What came before a reset was an answer all the same.
      if (error.code !== "ECONNRESET" && error.code !== "EPIPE") reject(error);
    });
    socket.on("close", () => resolve(read(got, performance.now() - from)));
    if (halfClose) socket.end(text);
    else socket.write(text);
  });
}

function read(got: string, tookMs: number): RawAnswer {
  const text = got.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, "");
  const end = text.indexOf("\r\n\r\n");
  return {
    status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0),
    head: text.slice(0, end).toLowerCase(),
    body: text.slice(end + 4),
    tookMs,
  };
}
