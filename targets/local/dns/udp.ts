/**
 * Questions in datagrams. *shell*
 *
 * One datagram in, at most one out, to where it came from. Nothing waits: when the system takes no
 * more, replies beyond MOST_QUEUED are dropped, as the network itself might.
 */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { Responder } from "./server.ts";

export interface UdpListener {
  readonly port: number;
  dropped(): number;
  close(): Promise<void>;
}

const MOST_QUEUED = 1_000;
/** Room for a burst: what does not fit while the process is busy is lost. */
const RECEIVE_BUFFER_BYTES = 1024 * 1024;

export function listenUdp(
  host: string,
  port: number,
  reply: Responder,
  onFault: (error: Error) => void,
): Promise<UdpListener> {
  const type = isIPv6(host) ? "udp6" : "udp4";
  const socket = createSocket({
    type,
    // Without this every send asks for the address of an address, a turn of the event loop later.
    lookup: (address, _options, done) => done(null, address, type === "udp6" ? 6 : 4),
  });
  let dropped = 0;
  const sent = (error: Error | null): void => {
    if (error !== null) dropped += 1;
  };
  socket.on("message", (bytes, from) => {
    const answer = reply(bytes, "udp", from.address);
    if (answer === undefined) return;
    if (from.port === 0 || socket.getSendQueueCount() >= MOST_QUEUED) {
      dropped += 1;
      return;
    }
    socket.send(answer, from.port, from.address, sent);
  });
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind({ address: host, port }, () => {
      socket.off("error", reject);
      socket.on("error", onFault);
      try {
        socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      } catch {
        // The system's own size will do.
      }
      let closing: Promise<void> | undefined;
      resolve({
        port: socket.address().port,
        dropped: () => dropped,
        close: () =>
          (closing ??= new Promise((done) => {
            socket.close(() => done());
          })),
      });
    });
  });
}
