/**
 * What other regions say about one app, handed to the part that it concerns. *pure core*
 */
import type { Instant } from "../../base/clock.ts";
import type { AppParts } from "./app-parts.ts";
import type { Departing } from "./departing.ts";
import type { Following } from "./following.ts";
import type { LateWrites } from "./late-writes.ts";
import type { Lineages } from "./lineages.ts";
import type { RegionMessage } from "./messages.ts";
import { pageFor, Rebuilding } from "./rebuilding.ts";

export interface InboxParts {
  readonly app: AppParts;
  readonly lineages: Lineages;
  readonly following: Following;
  readonly late: LateWrites;
  readonly departing: Departing;
  /** Another region holds a later epoch. */
  readonly superseded: (now: Instant) => void;
  /** Asks the register, not too often. */
  readonly readSoon: (now: Instant) => void;
}

export class Inbox {
  readonly #parts: InboxParts;
  readonly #app: AppParts;
  readonly #rebuilding: Rebuilding;

  constructor(parts: InboxParts) {
    this.#parts = parts;
    this.#app = parts.app;
    const { site, data } = parts.app;
    this.#rebuilding = new Rebuilding(site, data, (region, body) => parts.app.send(region, body));
  }

  take(message: RegionMessage, now: Instant): void {
    const { region } = message.from;
    switch (message.type) {
      case "append":
        this.#app.standings.heard(message, now);
        this.#app.pauses.heard(message, now);
        this.#appendFrom(message, now);
        break;
      case "appended":
        this.#appendedBy(message, now);
        break;
      case "superseded":
        if (message.epoch > (this.#app.holding?.epoch ?? message.epoch)) this.#parts.readSoon(now);
        break;
      case "record":
        this.#app.learn(message.record, message.ballot, now);
        break;
      case "confirm":
        if (this.#app.data.state(this.#app.site.engine).fenceBelow <= message.epoch) {
          this.#app.send(region, { type: "confirmed", epoch: message.epoch, id: message.id });
        }
        break;
      case "confirmed":
        this.#app.holding?.confirms.confirmed(region, message.epoch, message.id);
        break;
      case "repair":
        this.#repair(message);
        break;
      case "repaired":
        if (this.#app.holding === undefined) this.#parts.following.repaired(message, this.#app.log);
        break;
      case "stranded":
        this.#parts.late.judge({ region, entries: message.entries }, now);
        break;
      case "judged":
        this.#parts.late.forget(message.keys);
        this.#parts.late.tell(now);
        break;
      case "going":
        this.#app.send(region, { type: "may-go", id: message.id, isWhole: this.#isWhole });
        break;
      case "may-go":
        if (message.isWhole) this.#parts.departing.mayGo(region, message.id);
        break;
      case "vector":
        this.#parts.late.relay(message, now);
        break;
      case "trimmed":
        this.#app.standings.heard(message, now);
        this.#app.pauses.heard(message, now);
        if (message.lineage !== this.#app.log.lineage || this.#app.holding === undefined) {
          this.#rebuilding.begin(message, this.#parts.lineages.of(message.lineage), now);
        }
        break;
      case "snapshot-next":
        this.#app.send(
          region,
          pageFor(
            this.#app.site,
            this.#app.data,
            this.#parts.lineages.of(message.lineage),
            message,
          ),
        );
        break;
      case "snapshot":
        this.#rebuilding.page(message, this.#parts.lineages.of(message.lineage), now);
        break;
    }
  }

  /** Nothing that is named here is missing: no bytes are still to be pulled. */
  get #isWhole(): boolean {
    const { data, site } = this.#app;
    return data.bytes.wanted(site.engine, undefined, 1).length === 0;
  }

  #appendFrom(message: Extract<RegionMessage, { type: "append" }>, now: Instant): void {
    const holding = this.#app.holding;
    if (this.#app.data.merge === "active-passive" && holding !== undefined) {
      if (message.epoch <= holding.epoch) {
        const isOlder = message.epoch < holding.epoch;
        if (isOlder)
          this.#app.send(message.from.region, { type: "superseded", epoch: holding.epoch });
        return;
      }
      this.#parts.superseded(now);
      this.#parts.readSoon(now);
    }
    this.#parts.following.append(message, now);
  }

  #appendedBy(message: Extract<RegionMessage, { type: "appended" }>, now: Instant): void {
    const holding = this.#app.holding;
    if (holding === undefined || message.lineage !== holding.log.lineage) return;
    if (!this.#app.site.rules.countsAcknowledgement(message.epoch, holding.epoch)) return;
    const { region } = message.from;
    const match = holding.shipping.peers.get(region)?.match ?? 0;
    const hasLost = message.status === "mismatch" || message.status === "rebuild";
    if (hasLost && message.end.position < match) {
      holding.shipping.forget(region, message.end.position);
    }
    if (holding.shipping.appended(message, now)) holding.advance(now);
  }

  #repair(message: Extract<RegionMessage, { type: "repair" }>): void {
    const holding = this.#app.holding;
    if (holding === undefined || holding.epoch !== message.epoch) return;
    const items = message.keys.map(({ table, key }) => {
      const stored = this.#app.data.get(this.#app.site.engine, table, key);
      return stored === undefined ? { table, key } : { table, key, stored };
    });
    this.#app.send(message.from.region, {
      type: "repaired",
      epoch: message.epoch,
      common: message.common,
      items,
      until: holding.log.end.position,
      starts: holding.log.starts,
    });
  }
}
