/**
 * Messages between the processes of one deployment. *adapter*
 *
 * One connection per ordered pair: each end dials the others and sends on what it dialled. So the
 * two directions fail, slow down and fill up independently, as they do between real regions.
 * It works in main threads and in worker threads alike; each has a link of its own.
 *
 * It promises: messages of one peer arrive in order, whole, and from who they say they are; a
 * process that ends is told at once as `down`, and as `refused` when nothing listens there any
 * more (connecting was refused twice, 10 ms apart): a hint that it is dead, never a proof.
 * It does not promise that a message arrives: none is kept for a peer that is down, and a full
 * queue drops; both are counted. A frozen peer gives no event at all, only silence.
 *
 * Invariants
 *  L1 no message of an end that has not shown the secret is delivered       (inbound.ts)
 *  L2 a fault drops or delays, and never closes                             (fault.ts)
 *  L3 while a site is cut off its peers' states are not told; afterwards the present one is,
 *     with the `down` in between if there was one                           (PeerNews)
 *  L4 queues are bounded by maxQueuedBytes a peer                           (Outbound.send)
 */
import { isUint8Array } from "node:util/types";
import { Packr, Unpackr } from "msgpackr";
import type { Address, Endpoint } from "./address.ts";
import { peersFor, siteOf } from "./address.ts";
import type { LinkFaults } from "./fault.ts";
import { isCut } from "./fault.ts";
import { Inbound } from "./inbound.ts";
import type { PeerState, SendCounters } from "./outbound.ts";
import { Outbound } from "./outbound.ts";
import { PeerNews } from "./peer-news.ts";

export type { Address, Endpoint } from "./address.ts";
export type { Fault, LinkFaults, SiteFaults } from "./fault.ts";
export type { PeerState, SendCounters } from "./outbound.ts";

export interface LinkOptions {
  readonly address: Address;
  readonly incarnation: number;
  /** The deployment's secret: at least 16 bytes. */
  readonly secret: Uint8Array;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Default 64 MB a peer. */
  readonly maxQueuedBytes?: number;
  /** Default 2,000. */
  readonly handshakeMs?: number;
  /** One line, for the log; default: the process's standard error. */
  readonly log?: (line: string) => void;
}

export type MessageListener = (from: Address, message: unknown, incarnation: number) => void;
export type PeerListener = (peer: Address, state: PeerState) => void;

export interface LinkCounters {
  readonly peers: Readonly<Record<Address, Readonly<SendCounters>>>;
  readonly received: number;
  readonly receivedDroppedFault: number;
}

export interface Link {
  readonly address: Address;
  readonly host: string;
  readonly port: number;
  /** Never throws for the peer's sake. What is sent to itself arrives in a later turn, as a copy. */
  send(to: Address, message: unknown): void;
  /** What waits for a peer, in bytes; 0 for one that is down. */
  queuedBytes(to: Address): number;
  /** Resolves when at most so many bytes wait for the peer, or when it is down. */
  whenBelow(to: Address, queuedBytes: number): Promise<void>;
  onMessage(listener: MessageListener): void;
  /** A new listener is told the present state of each peer in a later turn. */
  onPeer(listener: PeerListener): void;
  peerState(peer: Address): PeerState | undefined;
  /** Replaces the map; own address and unchanged peers stay as they are. */
  setPeers(peers: Readonly<Record<Address, Endpoint>>): void;
  /** Replaces all faults. */
  setFaults(faults: LinkFaults): void;
  counters(): LinkCounters;
  /** Writes what is queued (bounded), then closes everything. */
  close(): Promise<void>;
}

const DEFAULT_MAX_QUEUED_BYTES = 64 * 1024 * 1024;
const DEFAULT_HANDSHAKE_MS = 2000;
const CLOSE_GRACE_MS = 250;
const MIN_SECRET_BYTES = 16;

/** Records are described in each message itself, so that a dropped message harms no other one. */
const CODEC = { useRecords: true, copyBuffers: true } as const;

export async function createLink(options: LinkOptions): Promise<Link> {
  if (!isUint8Array(options.secret) || options.secret.length < MIN_SECRET_BYTES) {
    throw new TypeError(`a link needs a secret of at least ${MIN_SECRET_BYTES} bytes`);
  }
  const link = new TcpLink(options);
  await link.listen();
  return link;
}

class TcpLink implements Link {
  readonly address: Address;
  readonly host: string;
  readonly #options: LinkOptions;
  readonly #log: (line: string) => void;
  readonly #packr = new Packr(CODEC);
  readonly #unpackr = new Unpackr(CODEC);
  readonly #inbound: Inbound;
  readonly #outbound = new Map<Address, Outbound>();
  readonly #listeners: MessageListener[] = [];
  readonly #news: PeerNews;
  #faults: LinkFaults = {};
  #port = 0;
  #received = 0;
  #isClosed = false;

  constructor(options: LinkOptions) {
    this.address = options.address;
    this.host = options.host ?? "127.0.0.1";
    this.#options = options;
    this.#log = options.log ?? ((line) => void process.stderr.write(`${line}\n`));
    this.#news = new PeerNews((peer) => isCut(this.#faults[siteOf(peer)]));
    this.#inbound = new Inbound({
      identity: options,
      handshakeMs: options.handshakeMs ?? DEFAULT_HANDSHAKE_MS,
      decode: (payload) => this.#unpackr.unpack(payload) as unknown,
      faultFrom: (peer) => this.#faults[siteOf(peer)]?.in,
      deliver: (from, message, incarnation) => this.#deliver(from, message, incarnation),
      log: this.#log,
    });
  }

  get port(): number {
    return this.#port;
  }

  async listen(): Promise<void> {
    this.#port = await this.#inbound.listen(this.host, this.#options.port ?? 0);
  }

  send(to: Address, message: unknown): void {
    if (to === this.address) {
      const copy: unknown = this.#unpackr.unpack(this.#packr.pack(message));
      setImmediate(() => this.#deliver(to, copy, this.#options.incarnation));
      return;
    }
    this.#outbound.get(to)?.send(message);
  }

  queuedBytes(to: Address): number {
    return this.#outbound.get(to)?.queuedBytes ?? 0;
  }

  whenBelow(to: Address, queuedBytes: number): Promise<void> {
    return this.#outbound.get(to)?.whenBelow(queuedBytes) ?? Promise.resolve();
  }

  onMessage(listener: MessageListener): void {
    this.#listeners.push(listener);
  }

  onPeer(listener: PeerListener): void {
    this.#news.listen(listener);
  }

  peerState(peer: Address): PeerState | undefined {
    return this.#news.stateOf(peer);
  }

  setPeers(peers: Readonly<Record<Address, Endpoint>>): void {
    if (this.#isClosed) return;
    const own = peersFor(this.address, peers);
    for (const [peer, outbound] of this.#outbound) {
      if (own[peer] !== undefined) continue;
      this.#outbound.delete(peer);
      this.#news.forget(peer);
      void outbound.close(0);
    }
    for (const [peer, endpoint] of Object.entries(own)) {
      if (peer === this.address) continue;
      const known = this.#outbound.get(peer);
      if (known === undefined) this.#outbound.set(peer, this.#createOutbound(peer, endpoint));
      else known.moveTo(endpoint);
    }
  }

  setFaults(faults: LinkFaults): void {
    this.#faults = faults;
    for (const [peer, outbound] of this.#outbound) outbound.setFault(faults[siteOf(peer)]?.out);
    this.#inbound.faultsChanged();
    this.#news.cutsChanged();
  }

  counters(): LinkCounters {
    return {
      peers: Object.fromEntries([...this.#outbound].map(([peer, o]) => [peer, { ...o.counters }])),
      received: this.#received,
      receivedDroppedFault: this.#inbound.droppedFault,
    };
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const peers = [...this.#outbound.values()];
    this.#outbound.clear();
    await Promise.all(peers.map((outbound) => outbound.close(CLOSE_GRACE_MS)));
    await this.#inbound.close();
  }

  #createOutbound(peer: Address, endpoint: Endpoint): Outbound {
    const outbound = new Outbound({
      identity: this.#options,
      peer,
      endpoint,
      maxQueuedBytes: this.#options.maxQueuedBytes ?? DEFAULT_MAX_QUEUED_BYTES,
      handshakeMs: this.#options.handshakeMs ?? DEFAULT_HANDSHAKE_MS,
      encode: (message) => this.#packr.pack(message),
      onState: (state) => this.#news.happened(peer, state),
      log: this.#log,
    });
    outbound.setFault(this.#faults[siteOf(peer)]?.out);
    return outbound;
  }

  #deliver(from: Address, message: unknown, incarnation: number): void {
    if (this.#isClosed) return;
    this.#received++;
    for (const listener of this.#listeners) listener(from, message, incarnation);
  }
}
