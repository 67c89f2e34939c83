/**
 * Rebuilding a region's store of one app from another region's, page by page. *pure core*
 *
 * For whoever is behind what is left of a log: an empty disk, an old copy, a long absence.
 *
 *   holder: trimmed --> region: goes on where its log still fits; else
 *                               strands what only it has, empties its log
 *   region: snapshot-next(after) --> holder: a page of items, in key order, as they are now
 *   ... last page --> the log begins behind `end`, as it was when the first page was read
 *
 * What only the rebuilt region has is told as late: entries that are still in its log, and items
 * whose entries were trimmed. Pages are read at different moments: items may be ahead of `end`, so
 * nothing is acknowledged and nothing taken over before the log has passed the furthest moment of
 * any page, in the epoch of the pages (repairUntil); where that epoch ends first, all begins again.
 */
import type { Instant } from "../../base/clock.ts";
import { itemsOf, type Stored, type StoredItem } from "../key-value/items.ts";
import type { EpochStart, Log, LogEnd } from "../key-value/log.ts";
import type { ItemKey } from "../key-value/table.ts";
import type { Holder } from "../routing/record.ts";
import { type AppData, NOT_WHOLE } from "./app-data.ts";
import { isAstray } from "./following.ts";
import type { KeyedItem, RegionBody, RegionMessage } from "./messages.ts";
import type { Site } from "./site.ts";

type Trimmed = Extract<RegionMessage, { type: "trimmed" }>;
type Page = Extract<RegionMessage, { type: "snapshot" }>;
type Next = Extract<RegionMessage, { type: "snapshot-next" }>;
type Place = { readonly table: string; readonly key: ItemKey };

const PAGE_ITEMS = 200;
const ASK_AGAIN_MS = 150;
const STALLED_MS = 1000;

interface Rebuild {
  readonly id: string;
  /** The very process: another one on its disk may lack what `end` counts. */
  readonly from: Holder;
  readonly epoch: number;
  readonly lineage: string;
  readonly end: LogEnd;
  readonly starts: readonly EpochStart[];
  /** The last position that this region's log shared with the other one's. */
  readonly common: number;
  after: Place | undefined;
  /** The furthest log end at which a page was read: the one that sends them may be cut meanwhile. */
  at: number;
  askedAt: number;
}

/** A page of what a region holds, for another one. */
export function pageFor(site: Site, data: AppData, log: Log, next: Next): RegionBody {
  const items: KeyedItem[] = [];
  let last: StoredItem | undefined;
  let isWhole = true;
  for (const item of itemsOf(site.engine, data.app, undefined, next.after)) {
    if (items.length === PAGE_ITEMS) {
      isWhole = false;
      break;
    }
    items.push(item);
    last = item;
  }
  return {
    type: "snapshot",
    rebuild: next.rebuild,
    lineage: next.lineage,
    epoch: next.epoch,
    items,
    at: log.end.position,
    floor: data.state(site.engine).floor ?? 0,
    ...(next.after === undefined ? {} : { after: next.after }),
    ...(isWhole || last === undefined ? {} : { upTo: { table: last.table, key: last.key } }),
  };
}

export class Rebuilding {
  readonly #site: Site;
  readonly #data: AppData;
  readonly #send: (region: string, body: RegionBody) => void;
  #rebuild: Rebuild | undefined;

  constructor(site: Site, data: AppData, send: (region: string, body: RegionBody) => void) {
    this.#site = site;
    this.#data = data;
    this.#send = send;
  }

  begin(message: Trimmed, log: Log, now: Instant): void {
    const { epoch, lineage, end, starts } = message;
    const data = this.#data;
    const isPassive = data.merge === "active-passive";
    const state = data.state(this.#site.engine);
    if (isPassive && state.fenceBelow > epoch) return;
    const isFromIt = this.#rebuild !== undefined && isSame(this.#rebuild.from, message.from);
    if (isFromIt && this.#rebuild?.epoch === epoch && this.#rebuild?.lineage === lineage) {
      if (now.mono - this.#rebuild.askedAt > ASK_AGAIN_MS) this.#ask(now);
      return;
    }
    // Where every region writes, one log after the other: two that took turns would never end.
    const isAtAnother = now.mono - (this.#rebuild?.askedAt ?? 0) < STALLED_MS;
    if (!isPassive && this.#rebuild !== undefined && isAtAnother) return;
    const common = log.commonWith(starts, end);
    // What would have to be stranded is no longer known where it was trimmed.
    const mayStrand = common === log.end.position || common + 1 >= log.first;
    const isAhead = isPassive && isAstray(state.repairUntil, log, epoch);
    if (common + 1 >= message.first && mayStrand && !isAhead) {
      // Said of what this region had a while ago: its log goes on.
      this.#tellEnd(message.from.region, message, log);
      return;
    }
    log.transact(this.#site.engine, (writer) => {
      const beyond = log.entries(writer, common + 1, Number.MAX_SAFE_INTEGER);
      if (isPassive) data.strand(writer, beyond, starts);
      log.startAt(writer, { epoch: 0, position: 0 }, []);
      const fenceBelow = isPassive ? Math.max(state.fenceBelow, epoch) : state.fenceBelow;
      const repairUntil = isPassive ? { epoch, position: NOT_WHOLE } : state.repairUntil;
      data.setState(writer, { ...data.state(writer), fenceBelow, repairUntil });
    });
    const { from } = message;
    const askedAt = now.mono;
    const id = this.#site.newId();
    this.#rebuild = {
      id,
      from,
      epoch,
      lineage,
      end,
      starts,
      common,
      after: undefined,
      at: 0,
      askedAt,
    };
    this.#ask(now);
  }

  #ask(now: Instant): void {
    const rebuild = this.#rebuild;
    if (rebuild === undefined) return;
    rebuild.askedAt = now.mono;
    const { id, from, epoch, lineage, after } = rebuild;
    const place = after === undefined ? {} : { after };
    this.#send(from.region, { type: "snapshot-next", rebuild: id, epoch, lineage, ...place });
  }

  page(page: Page, log: Log, now: Instant): void {
    const rebuild = this.#rebuild;
    if (rebuild === undefined || page.rebuild !== rebuild.id) return;
    if (!isSame(page.from, rebuild.from)) return;
    if (!isSamePlace(page.after, rebuild.after)) return;
    const data = this.#data;
    const isPassive = data.merge === "active-passive";
    // This region was made to serve meanwhile: what it has is what the others take.
    if (isPassive && data.state(this.#site.engine).fenceBelow > rebuild.epoch) {
      this.#rebuild = undefined;
      return;
    }
    rebuild.at = Math.max(rebuild.at, page.at);
    const span = [page.after, page.upTo] as const;
    log.transact(this.#site.engine, (writer) => {
      if (isPassive) {
        const isOnlyHere = ({ stamp }: Stored): boolean => stamp.sequence > rebuild.common;
        const replaced = data.replaceRange(writer, page.items, span, isOnlyHere);
        data.strandItems(writer, replaced, rebuild.starts);
      } else data.mergeRange(writer, page.items, span, page.floor);
      if (page.upTo !== undefined) return;
      log.startAt(writer, rebuild.end, rebuild.starts);
      const repairUntil = isPassive
        ? { epoch: rebuild.epoch, position: rebuild.at }
        : data.state(writer).repairUntil;
      data.setState(writer, { ...data.state(writer), repairUntil });
    });
    if (page.upTo !== undefined) {
      rebuild.after = page.upTo;
      this.#ask(now);
      return;
    }
    this.#rebuild = undefined;
    this.#tellEnd(rebuild.from.region, rebuild, log);
  }

  #tellEnd(to: string, { lineage, epoch }: Pick<Trimmed, "lineage" | "epoch">, log: Log): void {
    const { end, starts } = log;
    this.#send(to, {
      type: "appended",
      lineage,
      epoch,
      status: "mismatch",
      through: 0,
      end,
      starts,
    });
  }
}

const isSame = (a: Holder, b: Holder): boolean =>
  a.region === b.region && a.incarnation === b.incarnation;

const isSamePlace = (a: Place | undefined, b: Place | undefined): boolean =>
  a?.table === b?.table && a?.key.partition === b?.key.partition && a?.key.sort === b?.key.sort;
