/**
 * Questions over TCP: each with its length before it, several at once allowed. *shell*
 *
 * RFC 7766. Replies leave in the order of the questions. Per connection at most one unfinished
 * question is kept; while the asker does not take its replies, nothing more is read from it.
 *
 *  C1 at most `mostConnections`; a new one takes the place of the one longest idle   (onConnection)
 *  C2 a connection ends `idleMs` after its last whole question, however many bytes
 *     have trickled in since, and whether or not it takes its replies                (touch)
 *  C3 memory per connection: one question, and the replies to one chunk of them      (pause)
 */
import { createServer, type Socket } from "node:net";
import type { Responder } from "./server.ts";

export interface TcpLimits {
  readonly mostConnections: number;
  readonly idleMs: number;
}

export const TCP_LIMITS: TcpLimits = { mostConnections: 200, idleMs: 10_000 };

export interface TcpListener {
  connections(): number;
  close(): Promise<void>;
}

const BACKLOG = 128;

export function listenTcp(
  host: string,
  port: number,
  limits: TcpLimits,
  reply: Responder,
  onFault: (error: Error) => void,
): Promise<TcpListener> {
  /** The one that asked longest ago comes first. */
  const idleOrder = new Map<Socket, NodeJS.Timeout>();

  const touch = (socket: Socket): void => {
    clearTimeout(idleOrder.get(socket));
    idleOrder.delete(socket);
    const timer = setTimeout(() => socket.destroy(), limits.idleMs);
    timer.unref();
    idleOrder.set(socket, timer);
  };
  const onConnection = (socket: Socket): void => {
    if (idleOrder.size >= limits.mostConnections) {
      const [oldest] = idleOrder.keys();
      oldest?.destroy();
      if (oldest !== undefined) forget(oldest);
    }
    touch(socket);
    const from = socket.remoteAddress ?? "";
    socket.setNoDelay(true);
    const read = createFrameReader();
    socket.on("data", (chunk) => {
      const replies: Uint8Array[] = [];
      for (const question of read(chunk)) {
        const answer = reply(question, "tcp", from);
        // What is no question is no reason to go on listening.
        if (answer === undefined) return void socket.destroy();
        replies.push(lengthOf(answer), answer);
      }
      if (replies.length === 0) return;
      touch(socket);
      if (!socket.write(Buffer.concat(replies))) socket.pause();
    });
    socket.on("drain", () => socket.resume());
    socket.on("end", () => socket.end());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => forget(socket));
  };
  const forget = (socket: Socket): void => {
    clearTimeout(idleOrder.get(socket));
    idleOrder.delete(socket);
  };

  // Half open: whoever has sent its last question still waits for the reply.
  const server = createServer({ allowHalfOpen: true }, onConnection);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port, backlog: BACKLOG, exclusive: true }, () => {
      server.off("error", reject);
      server.on("error", onFault);
      let closing: Promise<void> | undefined;
      const close = (): Promise<void> =>
        new Promise((done) => {
          server.close(() => done());
          for (const socket of [...idleOrder.keys()]) socket.destroy();
        });
      resolve({ connections: () => idleOrder.size, close: () => (closing ??= close()) });
    });
  });
}

const lengthOf = ({ length }: Uint8Array): Uint8Array => Uint8Array.of(length >> 8, length & 0xff);

/** Takes chunks as they come; gives whole questions. */
export function createFrameReader(): (chunk: Uint8Array) => readonly Uint8Array[] {
  let kept: Uint8Array = new Uint8Array();
  return (chunk) => {
    const bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    const frames: Uint8Array[] = [];
    let at = 0;
    while (at + 2 <= bytes.length) {
      const end = at + 2 + (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));
      if (end > bytes.length) break;
      frames.push(bytes.subarray(at + 2, end));
      at = end;
    }
    // A copy: what is kept must not hold a whole chunk in memory.
    kept = Uint8Array.from(bytes.subarray(at));
    return frames;
  };
}
