/**
 * The receiving half: the listener, and who has shown that they know the secret. *shell*
 *
 * What is not a peer is closed with one line in the log; nothing else notices it. Connections that
 * have not shown the secret are few, short-lived and small: MAX_STRANGERS, handshakeMs, 4 KB.
 */

import type { Server, Socket } from "node:net";
import { createServer } from "node:net";
import type { Address } from "./address.ts";
import type { Fault } from "./fault.ts";
import { DelayLine, holdMs, isLost } from "./fault.ts";
import { encodeFrame, FRAME, FrameReader } from "./frame.ts";
import type { Identity } from "./handshake.ts";
import { createAcceptorHandshake } from "./handshake.ts";

export interface InboundOptions {
  readonly identity: Identity;
  readonly handshakeMs: number;
  readonly decode: (payload: Buffer) => unknown;
  readonly faultFrom: (peer: Address) => Fault | undefined;
  readonly deliver: (from: Address, message: unknown, incarnation: number) => void;
  readonly log: (line: string) => void;
}

const MAX_STRANGERS = 128;
/** What a message counts in the line of delayed ones: only their number matters here. */
const UNCOUNTED = 0;

interface Peer {
  readonly from: Address;
  readonly incarnation: number;
}

export class Inbound {
  readonly #options: InboundOptions;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #refresh = new Set<() => void>();
  #strangers = 0;
  #droppedFault = 0;

  constructor(options: InboundOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true, keepAlive: true }, (socket) =>
      this.#accept(socket),
    );
  }

  get droppedFault(): number {
    return this.#droppedFault;
  }

  listen(host: string, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port, backlog: 511 }, () => {
        this.#server.removeListener("error", reject);
        this.#server.on("error", (error) => this.#options.log(`link listener: ${error.message}`));
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  /** The faults have changed: what is on its way is looked at again. */
  faultsChanged(): void {
    for (const refresh of this.#refresh) refresh();
  }

  close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  #accept(socket: Socket): void {
    if (this.#strangers >= MAX_STRANGERS) {
      socket.destroy();
      return;
    }
    this.#strangers++;
    this.#sockets.add(socket);
    const where = `${socket.remoteAddress ?? "?"}:${socket.remotePort ?? 0}`;
    const { identity, handshakeMs, log } = this.#options;
    const handshake = createAcceptorHandshake(identity);
    const reader = new FrameReader();
    const lane = this.#createLane();
    let peer: Peer | undefined;
    let isClosed = false;
    const close = (reason: string) => {
      if (isClosed) return;
      isClosed = true;
      reader.stop();
      socket.destroy();
      log(`link: closed a connection from ${peer?.from ?? where}: ${reason}`);
    };
    const limit = setTimeout(() => close(`no handshake within ${handshakeMs} ms`), handshakeMs);
    const onFrame = (kind: number, payload: Buffer) => {
      if (peer !== undefined) {
        if (kind !== FRAME.message) throw new Error(`a frame of kind ${kind} is not due here`);
        lane.take(peer, this.#options.decode(payload));
      } else if (kind === FRAME.hello) {
        socket.write(encodeFrame(FRAME.challenge, handshake.challenge(payload)));
      } else if (kind === FRAME.proof) {
        peer = handshake.admit(payload);
        clearTimeout(limit);
        this.#strangers--;
        reader.trust();
        socket.write(encodeFrame(FRAME.welcome, Buffer.alloc(0)));
      } else {
        throw new Error(`a frame of kind ${kind} before the handshake`);
      }
    };
    socket.on("data", (chunk) => {
      // Only what the network did is caught here: a listener's own error must reach the process.
      try {
        reader.push(chunk, onFrame);
      } catch (error) {
        close((error as Error).message);
        return;
      }
      lane.deliver();
    });
    socket.on("end", () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.on("close", () => {
      clearTimeout(limit);
      if (peer === undefined) this.#strangers--;
      this.#sockets.delete(socket);
      lane.end();
    });
  }

  /** What one connection has brought and is not handed on yet; slow when a fault says so. */
  #createLane() {
    const { faultFrom, deliver } = this.#options;
    const arrived: { readonly peer: Peer; readonly message: unknown }[] = [];
    const delayed = new DelayLine<{ readonly peer: Peer; readonly message: unknown }>();
    let timer: NodeJS.Timeout | undefined;
    let from: Address | undefined;
    const release = () => {
      timer = undefined;
      for (const { peer, message } of delayed.due(performance.now())) {
        deliver(peer.from, message, peer.incarnation);
      }
      const dueAt = delayed.nextDueAt();
      if (dueAt !== undefined) {
        timer = setTimeout(release, Math.max(0, Math.ceil(dueAt - performance.now())));
      }
    };
    const refresh = () => {
      if (from !== undefined && faultFrom(from)?.drop === true) this.#droppedFault += delayed.cut();
    };
    this.#refresh.add(refresh);
    return {
      take: (peer: Peer, message: unknown) => {
        from = peer.from;
        arrived.push({ peer, message });
      },
      deliver: () => {
        const batch = arrived.splice(0);
        for (const { peer, message } of batch) {
          const fault = faultFrom(peer.from);
          if (isLost(fault, Math.random())) {
            this.#droppedFault++;
            continue;
          }
          const hold = holdMs(fault, Math.random());
          if (hold === 0 && delayed.isEmpty) {
            deliver(peer.from, message, peer.incarnation);
            continue;
          }
          delayed.admit({ peer, message }, UNCOUNTED, performance.now() + hold);
          if (timer === undefined) release();
        }
      },
      end: () => {
        this.#refresh.delete(refresh);
        // What a dead peer had said before is still on its way, unless the link itself is closed.
        if (!this.#server.listening) clearTimeout(timer);
      },
    };
  }
}
