/**
 * The DNS server: one address, one port, UDP and TCP. *shell*
 *
 * What is answered is decided by layers/routing/dns-respond.ts from the zone of that moment; this
 * reads and writes sockets, with a bound on everything that comes from outside (udp.ts, tcp.ts).
 * A fault in an answer is logged and costs that question alone.
 */
import { ConfigurationError } from "../../../base/errors.ts";
import { type Log, silentLog } from "../../../layers/api/log.ts";
import { parseAddress } from "../../../layers/routing/dns-address.ts";
import { respond, respondFailure, type Transport } from "../../../layers/routing/dns-respond.ts";
import type { ZoneState } from "../../../layers/routing/dns-zone.ts";
import { listenTcp, TCP_LIMITS, type TcpLimits } from "./tcp.ts";
import { listenUdp } from "./udp.ts";

export interface DnsServerOptions {
  readonly host: string;
  /** 0 or absent: a free one, the same for both transports. */
  readonly port?: number;
  /** Asked at each question: keep it cheap (zone-keeper.ts). */
  readonly state: () => ZoneState;
  readonly log?: Log;
  readonly tcp?: Partial<TcpLimits>;
}

export interface DnsCounts {
  readonly udp: number;
  readonly tcp: number;
  /** Without an answer: not a question, or nowhere to send the answer. */
  readonly dropped: number;
  readonly faults: number;
  readonly connections: number;
}

export interface DnsServer {
  readonly address: string;
  readonly port: number;
  counts(): DnsCounts;
  close(): Promise<void>;
}

/** A question's reply, or nothing; never throws. */
export type Responder = (
  bytes: Uint8Array,
  transport: Transport,
  from: string,
) => Uint8Array | undefined;

/** A free UDP port may be taken as a TCP port: so many are tried. */
const FREE_PORT_TRIES = 20;

export async function startDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { host, state } = options;
  const log = options.log ?? silentLog;
  if (parseAddress(host) === undefined) {
    throw new ConfigurationError({
      what: "the DNS server must listen on an IP address",
      got: host,
      fix: "Use 127.0.0.1, or an address of this machine.",
    });
  }
  const counts = { udp: 0, tcp: 0, dropped: 0, faults: 0 };
  const onFault = (error: Error): void => {
    counts.faults += 1;
    log.error({ error: error.message }, "dns");
  };
  const reply: Responder = (bytes, transport, from) => {
    counts[transport] += 1;
    try {
      const address = parseAddress(from);
      const answer = respond(bytes, transport, address === undefined ? {} : { address }, state());
      if (answer === undefined) counts.dropped += 1;
      return answer;
    } catch (error) {
      onFault(error instanceof Error ? error : new Error(String(error)));
      return respondFailure(bytes);
    }
  };
  const limits = { ...TCP_LIMITS, ...options.tcp };
  for (let tries = 1; ; tries++) {
    const udp = await listenUdp(host, options.port ?? 0, reply, onFault).catch((error) => {
      throw cannotListen(error, options.port ?? 0);
    });
    try {
      const tcp = await listenTcp(host, udp.port, limits, reply, onFault);
      log.info({ address: host, port: udp.port }, "dns");
      return {
        address: host,
        port: udp.port,
        counts: () => ({
          ...counts,
          dropped: counts.dropped + udp.dropped(),
          connections: tcp.connections(),
        }),
        close: async () => void (await Promise.all([udp.close(), tcp.close()])),
      };
    } catch (error) {
      await udp.close();
      if ((options.port ?? 0) !== 0 || tries === FREE_PORT_TRIES) {
        throw cannotListen(error, udp.port);
      }
    }
  }
}

function cannotListen(error: unknown, port: number): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EADDRINUSE" && code !== "EACCES" && code !== "EADDRNOTAVAIL") return error;
  return new ConfigurationError({
    what: `the DNS server cannot listen (${code})`,
    got: port,
    fix: "Choose another port above 1023, or 0 for a free one, and an address of this machine.",
  });
}
