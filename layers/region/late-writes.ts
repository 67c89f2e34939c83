/**
 * Writes beyond a cut, until a holder has judged them; and active-active anti-entropy. *pure core*
 *
 * The region that stranded entries tells the holder again and again until it says that they are
 * judged; the holder judges each once (judgement.ts). Where every region writes, each tells the
 * others how far its logs go, and passes on what another lacks and does not get from its origin.
 */
import type { Instant } from "../../base/clock.ts";
import type { LogEnd } from "../key-value/log.ts";
import type { AppParts } from "./app-parts.ts";
import { judge } from "./judgement.ts";
import type { RegionMessage } from "./messages.ts";

const AT_ONCE = 64;
const RELAYED_ENTRIES = 256;

export class LateWrites {
  readonly #app: AppParts;
  readonly #vectors = new Map<string, Readonly<Record<string, LogEnd>>>();

  constructor(app: AppParts) {
    this.#app = app;
  }

  /** Now and then. */
  tell(now: Instant): void {
    const { record, site, data, options } = this.#app;
    if (record === undefined) return;
    if (options.mode === "active-active") {
      const ends = Object.fromEntries(
        [...this.#app.logs].map(([lineage, log]) => [lineage, log.end]),
      );
      for (const region of record.regions) {
        if (region !== site.self.region) this.#app.send(region, { type: "vector", ends });
      }
      return;
    }
    const entries = data.stranded(site.engine, AT_ONCE);
    const holder = record.serving[0]?.region;
    if (entries.length === 0 || holder === undefined) return;
    if (holder === site.self.region) this.judge({ region: holder, entries }, now);
    else this.#app.send(holder, { type: "stranded", entries });
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
    for (const stranded of entries) {
      const judgement = judge(site.engine, data, stranded);
      if (judgement !== undefined) position = holding.writeChanges(judgement.changes, now);
    }
    const keys = entries.map((stranded) => data.strandedKey(stranded));
    holding.read(position, now, (end) => {
      if (end !== "committed") return;
      if (region === site.self.region) this.forget(keys);
      else this.#app.send(region, { type: "judged", keys });
    });
  }

  forget(keys: readonly string[]): void {
    this.#app.site.engine.transact((writer) => {
      for (const key of keys) writer.remove(key);
    });
  }

  /** What a region lacks of others' logs and does not get from them. */
  relay(message: Extract<RegionMessage, { type: "vector" }>): void {
    const { region } = message.from;
    const before = this.#vectors.get(region);
    this.#vectors.set(region, message.ends);
    for (const [lineage, log] of this.#app.logs) {
      const theirs = message.ends[lineage]?.position ?? 0;
      const isStalled = theirs === (before?.[lineage]?.position ?? 0);
      const isOwn = lineage === this.#app.log.lineage;
      if (isOwn || !isStalled || log.end.position <= theirs) continue;
      const previous = { epoch: log.epochAt(theirs), position: theirs };
      const entries = log.entries(this.#app.site.engine, theirs + 1, RELAYED_ENTRIES);
      const epoch = entries.at(-1)?.epoch ?? 0;
      this.#app.send(region, { type: "append", lineage, epoch, previous, entries, end: log.end });
    }
  }
}
