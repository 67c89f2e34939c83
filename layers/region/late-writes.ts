/**
 * What a region does now and then: writes beyond a cut are told until a holder has judged them,
 * active-active regions compare how far they are, and long logs are trimmed. *pure core*
 *
 * The region that stranded entries tells the holder again and again until it says that they are
 * judged; the holder judges each once (judgement.ts). Where every region writes, each tells the
 * others how far its logs go, and passes on what another lacks and does not get from its origin.
 */
import type { Instant } from "../../base/clock.ts";
import type { LogEnd } from "../key-value/log.ts";
import type { RoutingRecord } from "../routing/record.ts";
import { NOT_WHOLE } from "./app-data.ts";
import { type AppParts, LOG_KEPT } from "./app-parts.ts";
import { judge } from "./judgement.ts";
import { LateLedger } from "./late-ledger.ts";
import type { RegionMessage } from "./messages.ts";
import { Stability, type Standing } from "./tombstones.ts";

/** By lineage: the position through which a region holds that log. */
export type LogEnds = ReadonlyMap<string, number>;

/** A region that lacks no more entries than this of any log will soon hold them. */
const NEARLY = 256;
const AT_ONCE = 64;
const RELAYED_ENTRIES = 256;
const TRIMMED_AT_ONCE = 2000;

export class LateWrites {
  readonly #app: AppParts;
  readonly #standings = new Map<string, Standing>();
  readonly #stability = new Stability();
  /** When each region last told how far it is, and when all that it had told was here. */
  readonly #heardAt = new Map<string, number>();
  readonly #wholeAt = new Map<string, number>();
  readonly #ledger: LateLedger;

  constructor(app: AppParts) {
    this.#app = app;
    this.#ledger = new LateLedger(app);
  }

  /** Now and then. */
  tell(now: Instant): void {
    const { record, site, data, options, holding } = this.#app;
    if (record === undefined) return;
    if (options.mode === "active-active") {
      this.#tellStanding(record.regions);
      this.#noteWhole();
      return;
    }
    this.#ledger.adopt(now);
    const entries = data.stranded(site.engine, AT_ONCE);
    if (holding !== undefined) holding.shipping.isStranded = entries.length > 0;
    const holder = record.serving[0]?.region;
    if (entries.length === 0 || holder === undefined) return;
    // Before the last page of a rebuild an entry may be stranded in part: its record comes later.
    if (data.state(site.engine).repairUntil.position === NOT_WHOLE) return;
    if (holder === site.self.region) this.judge({ region: holder, entries }, now);
    else this.#app.send(holder, { type: "stranded", entries });
  }

  #tellStanding(regions: readonly string[]): void {
    const { site, log, logs, clockNow } = this.#app;
    const ends: Record<string, LogEnd> = {};
    for (const [lineage, { end }] of logs) ends[lineage] = end;
    const standing = { own: log.lineage, clock: clockNow, ends };
    this.#standings.set(site.self.region, standing);
    for (const region of this.#standings.keys()) {
      if (!regions.includes(region)) this.#standings.delete(region);
    }
    this.#stability.observe(this.#standings, regions);
    for (const region of regions) {
      if (region !== site.self.region) this.#app.send(region, { type: "vector", ...standing });
    }
  }

  /** Every region has what was written through this moment of the hybrid clock. */
  get stable(): number {
    const { site, options, log, everywhere } = this.#app;
    if (options.mode === "active-active") return this.#stability.stable;
    return log.entry(site.engine, everywhere)?.clock ?? 0;
  }

  /** Forgets what is at the beginning of long logs, a little at a time. */
  trimLogs(): void {
    const { site, options, logs, record } = this.#app;
    const { engine } = site;
    for (const one of logs.values()) {
      const excess = one.end.position - (options.logKept ?? LOG_KEPT);
      const isPassive = options.mode === "active-passive";
      const settled = isPassive ? this.#app.settled : this.#knownByAll(one.lineage, record);
      const needed = Math.min(excess, settled);
      if (needed < one.first) continue;
      one.transact(engine, (writer) => one.trimBefore(writer, needed, TRIMMED_AT_ONCE));
    }
  }

  #knownByAll(lineage: string, record: RoutingRecord | undefined): number {
    const regions = record?.regions ?? [];
    const ends = regions.map((region) => this.#standings.get(region)?.ends[lineage]?.position ?? 0);
    return ends.length === 0 ? 0 : Math.min(...ends);
  }

  /** Whether these regions have told that they hold every log as far as it is here. */
  areMirrors(regions: readonly string[]): boolean {
    return regions.every((region) => {
      const ends = this.#standings.get(region)?.ends;
      return [...this.#app.logs].every(
        ([lineage, { end }]) => (ends?.[lineage]?.position ?? 0) >= end.position,
      );
    });
  }

  /** Whether every log is here as far as each of these regions has told that it has it. */
  hasAllOf(regions: readonly string[]): boolean {
    return regions.every((region) => {
      const ends = this.#standings.get(region)?.ends;
      if (ends === undefined) return false;
      return Object.entries(ends).every(
        ([lineage, { position }]) => (this.#app.logs.get(lineage)?.end.position ?? 0) >= position,
      );
    });
  }

  #noteWhole(): void {
    for (const [region, heardAt] of this.#heardAt) {
      if (this.hasAllOf([region])) this.#wholeAt.set(region, heardAt);
    }
  }

  /** Active-active: as of when every log is here as far as that region then told it had it. */
  wholeAt(region: string): number {
    return this.#wholeAt.get(region) ?? Number.NEGATIVE_INFINITY;
  }

  endsHere(): LogEnds {
    return new Map([...this.#app.logs].map(([lineage, { end }]) => [lineage, end.position]));
  }

  /** Whether that region holds every log through these ends; its own it holds whole. */
  holds(region: string, ends: LogEnds): boolean {
    return this.#lacks(region, ends) <= 0;
  }

  isNear(region: string): boolean {
    return this.#lacks(region, this.endsHere()) <= NEARLY;
  }

  /** How many entries of the log that it lacks most. */
  #lacks(region: string, ends: LogEnds): number {
    const standing = this.#standings.get(region);
    if (standing === undefined) return Number.POSITIVE_INFINITY;
    const { log, holding } = this.#app;
    const shipped = holding?.shipping.peers.get(region)?.match ?? 0;
    let most = 0;
    for (const [lineage, position] of ends) {
      if (lineage === standing.own) continue;
      const told = standing.ends[lineage]?.position ?? 0;
      const held = lineage === log.lineage ? Math.max(told, shipped) : told;
      most = Math.max(most, position - held);
    }
    return most;
  }

  judge(
    {
      region,
      entries,
    }: Pick<Extract<RegionMessage, { type: "stranded" }>, "entries"> & { region: string },
    now: Instant,
  ): void {
    const { holding, data, site } = this.#app;
    if (holding === undefined || data.merge === "active-active") return;
    let position = 0;
    const by = { judgedAt: Math.floor(now.wall), judgedBy: site.self.region };
    for (const stranded of entries) {
      const judgement = judge(site.engine, data, stranded, by);
      if (judgement === undefined || judgement.changes.length === 0) continue;
      const counted = this.#ledger.counted(judgement);
      position = holding.writeChanges(counted, now);
    }
    this.#ledger.collect(now);
    const keys = entries.map((stranded) => data.strandedKey(stranded));
    holding.read(position, now, (end) => {
      if (end !== "committed") return;
      if (region === site.self.region) this.forget(keys);
      else this.#app.send(region, { type: "judged", keys });
    });
  }

  forget(keys: readonly string[]): void {
    const { data, site } = this.#app;
    site.engine.transact((writer) => data.forgetStranded(writer, keys));
  }

  /** What a region lacks of others' logs and does not get from them. */
  relay(message: Extract<RegionMessage, { type: "vector" }>, now: Instant): void {
    const { region } = message.from;
    this.#heardAt.set(region, now.mono);
    const before = this.#standings.get(region)?.ends;
    const { own, clock, ends } = message;
    this.#standings.set(region, { own, clock, ends });
    for (const [lineage, log] of this.#app.logs) {
      const theirs = ends[lineage]?.position ?? 0;
      const isStalled = theirs === (before?.[lineage]?.position ?? 0);
      const isOwn = lineage === this.#app.log.lineage;
      if (isOwn || !isStalled || log.end.position <= theirs) continue;
      if (theirs + 1 < log.first) {
        const { first, end, starts } = log;
        this.#app.send(region, { type: "trimmed", lineage, epoch: end.epoch, first, end, starts });
        continue;
      }
      const previous = { epoch: log.epochAt(theirs), position: theirs };
      const entries = log.entries(this.#app.site.engine, theirs + 1, RELAYED_ENTRIES);
      const epoch = entries.at(-1)?.epoch ?? 0;
      const append = { type: "append", lineage, epoch, previous, entries, end: log.end } as const;
      this.#app.send(region, { ...append, everywhere: 0, settled: 0 });
    }
  }
}
