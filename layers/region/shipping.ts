/**
 * Sending one log to the other regions, and what they are known to have. *pure core*
 *
 * Per peer one stream with a window: entries leave in order, an acknowledgement moves `match`, a
 * mismatch moves `next` back to what both share, silence makes it start again behind `match`.
 * After a mismatch one batch leaves at a time until one fits: each batch that was on the way is
 * answered with a mismatch of its own, and must not send the window again.
 *
 *   1 ......... match .......... common ......... next ......... end of the log
 *     counts there | equal there  | on the way    | not sent yet
 *
 * Bounded: at most WINDOW entries on the way to a peer, a message at most BATCH_ENTRIES or about
 * BATCH_BYTES; entries are read from the log when they leave, the last TAIL from memory.
 */
import type { Instant } from "../../base/clock.ts";
import type { EngineReader } from "../key-value/engine.ts";
import type { Entry, Log } from "../key-value/log.ts";
import type { Standing } from "../routing/standing.ts";
import type { RegionBody, RegionMessage } from "./messages.ts";

const WINDOW = 4096;
const BATCH_ENTRIES = 256;
const BATCH_BYTES = 256 * 1024;
const TAIL = 8192;
const RESEND_MS = 60;
const HEARTBEAT_MS = 50;
const TRIMMED_EVERY_MS = 100;
const STANDING_EVERY_MS = 250;

export interface Peer {
  readonly region: string;
  next: number;
  /** On disk there, in this epoch, with the bytes it names; equal to our log. */
  match: number;
  /** Known to be equal to our log there, whether or not it counts as acknowledged. */
  common: number;
  /** Through where it is known to have log and bytes; undefined while nobody can tell. */
  has: number | undefined;
  /** It has said in this epoch how far its log goes. */
  isHeard: boolean;
  /** When it was last sent what is known of all. */
  standingAt: number;
  /** When the peer last acknowledged anything at all. */
  heardAt: number;
  /** When it last had nothing outstanding, or made progress. */
  progressAt: number;
  sentAt: number;
  /** After a mismatch, until a batch fits: one at a time. */
  isProbing: boolean;
  /** Has entries beyond a cut that nobody has judged yet. */
  isStranded: boolean;
  /** Builds indexes: no region to move the app to. */
  isBuilding: boolean;
  /** How many; undefined while it has not said. */
  waiting: number | undefined;
  status: "unknown" | "ok" | "repairing" | "snapshot";
}

interface Remembered {
  readonly entry: Entry;
  readonly sizeBytes: number;
}

export class Shipping {
  readonly #log: Log;
  readonly #reader: EngineReader;
  readonly #send: (region: string, body: RegionBody) => void;
  readonly #standing: (now: Instant) => Standing;
  readonly #admits: (now: Instant) => boolean;
  readonly epoch: number;
  /** Through where logs may be trimmed. */
  readonly settled: () => number;
  readonly peers = new Map<string, Peer>();
  /** Whether this region itself may have entries beyond a cut that nobody has judged yet. */
  isStranded = true;
  #tail: Remembered[] = [];

  constructor(options: {
    log: Log;
    reader: EngineReader;
    epoch: number;
    settled: () => number;
    standing: (now: Instant) => Standing;
    /** Whether a write that came now would be admitted. */
    admits: (now: Instant) => boolean;
    send: (region: string, body: RegionBody) => void;
  }) {
    this.#log = options.log;
    this.#reader = options.reader;
    this.epoch = options.epoch;
    this.settled = options.settled;
    this.#send = options.send;
    this.#standing = options.standing;
    this.#admits = options.admits;
  }

  /** An entry was just appended: it need not be read again. */
  remember(entry: Entry): void {
    this.#tail.push({ entry, sizeBytes: sizeOf(entry) });
    if (this.#tail.length > 2 * TAIL) this.#tail = this.#tail.slice(-TAIL);
  }

  /** The transaction that appended entries after `position` was undone. */
  dropTail(position: number): void {
    this.#tail = this.#tail.filter(({ entry }) => entry.position <= position);
  }

  /** `guaranteed`: through where it has the log whatever it will say. */
  addPeer(region: string, now: Instant, guaranteed?: number): void {
    if (this.peers.has(region)) return;
    const next = this.#log.end.position + 1;
    const at = now.mono;
    const peer: Peer = {
      region,
      next,
      match: 0,
      common: 0,
      has: guaranteed,
      isHeard: false,
      standingAt: Number.NEGATIVE_INFINITY,
      heardAt: at,
      progressAt: at,
      sentAt: 0,
      isProbing: false,
      isStranded: true,
      isBuilding: false,
      waiting: undefined,
      status: "unknown",
    };
    this.peers.set(region, peer);
  }

  removePeer(region: string): void {
    this.peers.delete(region);
  }

  /** Sends what there is through `limit`, and now and then an empty message as a question. */
  ship(limit: number, now: Instant): void {
    for (const peer of this.peers.values()) {
      if (peer.next < this.#log.first) peer.status = "snapshot";
      if (peer.status === "snapshot") {
        this.#tellTrimmed(peer, now);
        continue;
      }
      if (peer.match >= limit) peer.progressAt = now.mono;
      else if (now.mono - Math.max(peer.progressAt, peer.sentAt) > RESEND_MS) {
        peer.next = Math.min(peer.next, peer.common + 1, limit + 1);
      }
      let sent = false;
      const isAsking = peer.status === "unknown" || peer.status === "repairing";
      const isWaiting = peer.isProbing && now.mono - peer.sentAt < RESEND_MS;
      while (!isAsking && !isWaiting && peer.next <= limit && peer.next - peer.common <= WINDOW) {
        const entries = this.#entries(peer.next, limit);
        if (entries.length === 0) break;
        this.#sendTo(peer, entries, now);
        peer.sentAt = now.mono;
        sent = true;
        if (peer.isProbing) break;
        peer.next += entries.length;
      }
      if (!sent && now.mono - peer.sentAt >= (isAsking ? HEARTBEAT_MS / 2 : HEARTBEAT_MS)) {
        this.#sendTo(peer, [], now);
        peer.sentAt = now.mono;
      }
    }
  }

  #tellTrimmed(peer: Peer, now: Instant): void {
    if (now.mono - peer.sentAt < TRIMMED_EVERY_MS) return;
    peer.sentAt = now.mono;
    const { lineage, first, end, starts } = this.#log;
    const { epoch } = this;
    const news = this.#standingFor(peer, now);
    this.#send(peer.region, { type: "trimmed", lineage, epoch, first, end, starts, ...news });
  }

  /** Rides on what is sent anyway; a message that is lost is made good by the next one. */
  #standingFor(peer: Peer, now: Instant): { readonly standing?: Standing } {
    if (now.mono - peer.standingAt < STANDING_EVERY_MS) return {};
    peer.standingAt = now.mono;
    return { standing: this.#standing(now) };
  }

  /** Every region has the log on disk through here, and none has older entries to be judged. */
  get everywhere(): number {
    let everywhere = this.isStranded ? 0 : this.#log.end.position;
    for (const { match, isStranded } of this.peers.values()) {
      everywhere = Math.min(everywhere, isStranded ? 0 : match);
    }
    return everywhere;
  }

  #sendTo(peer: Peer, entries: readonly Entry[], now: Instant): void {
    const before = peer.next - 1;
    this.#send(peer.region, {
      type: "append",
      lineage: this.#log.lineage,
      epoch: this.epoch,
      previous: { epoch: this.#log.epochAt(before), position: before },
      entries,
      end: this.#log.end,
      everywhere: this.everywhere,
      settled: this.settled(),
      ...this.#standingFor(peer, now),
      ...(this.#admits(now) ? {} : { isClosed: true }),
    });
  }

  #entries(from: number, limit: number): Entry[] {
    const most = Math.min(BATCH_ENTRIES, limit - from + 1);
    const first = this.#tail[0]?.entry.position ?? Number.POSITIVE_INFINITY;
    const batch: Entry[] = [];
    let bytes = 0;
    if (from < first) {
      for (const entry of this.#log.entries(this.#reader, from, most)) {
        bytes += sizeOf(entry);
        if (bytes > BATCH_BYTES && batch.length > 0) break;
        batch.push(entry);
      }
      return batch;
    }
    const end = Math.min(from - first + most, this.#tail.length);
    for (let at = from - first; at < end; at++) {
      const { entry, sizeBytes } = this.#tail[at] as Remembered;
      bytes += sizeBytes;
      if (bytes > BATCH_BYTES && batch.length > 0) break;
      batch.push(entry);
    }
    return batch;
  }

  /** Takes what a peer says of itself. Whether its `match` moved. */
  appended(message: Extract<RegionMessage, { type: "appended" }>, now: Instant): boolean {
    const peer = this.peers.get(message.from.region);
    if (peer === undefined) return false;
    peer.heardAt = now.mono;
    peer.isBuilding = message.isBuilding === true;
    // One that comes behind later ones may be from before it stranded anything.
    const isNews = message.isStranded !== undefined && message.through >= peer.match;
    if (isNews) {
      peer.isStranded = message.isStranded === true;
      peer.waiting = message.isStranded ? message.stranded : 0;
    }
    if (message.status === "repairing" || message.status === "rebuild") {
      if (peer.has !== undefined) peer.has = Math.min(peer.has, message.end.position);
      peer.status = message.status === "repairing" ? "repairing" : "snapshot";
      return false;
    }
    peer.isHeard = true;
    if (message.status === "mismatch") {
      const common = this.#log.commonWith(message.starts ?? [], message.end);
      peer.status = common + 1 < this.#log.first ? "snapshot" : "ok";
      if (common > peer.common) peer.progressAt = now.mono;
      peer.common = Math.max(common, peer.match);
      if (peer.has !== undefined) peer.has = Math.min(peer.has, peer.common);
      if (!peer.isProbing || peer.next !== common + 1) peer.sentAt = Number.NEGATIVE_INFINITY;
      peer.isProbing = true;
      peer.next = common + 1;
      return false;
    }
    peer.status = "ok";
    peer.isProbing = false;
    peer.next = Math.max(peer.next, message.through + 1);
    if (message.through > peer.common) {
      peer.common = message.through;
      peer.progressAt = now.mono;
    }
    const match = message.bytes ?? message.through;
    peer.has = Math.max(peer.has ?? 0, match);
    if (message.status === "catching-up" || match <= peer.match) return false;
    peer.match = match;
    return true;
  }

  /** A peer's store lost what it had acknowledged: forget that it has it. */
  forget(region: string, end: number): void {
    const peer = this.peers.get(region);
    if (peer === undefined) return;
    peer.match = Math.min(peer.match, end);
    peer.common = Math.min(peer.common, end);
    peer.has = Math.min(peer.has ?? end, end);
  }
}

/** Roughly the bytes of an entry on the wire. */
function sizeOf(entry: Entry): number {
  let size = 64;
  for (const change of entry.changes) size += 64 + roughSize(change.value);
  return size;
}

function roughSize(value: unknown): number {
  if (typeof value === "string") return value.length + 4;
  if (typeof value !== "object" || value === null) return 8;
  let size = 8;
  for (const [name, field] of Object.entries(value)) size += name.length + roughSize(field);
  return size;
}
