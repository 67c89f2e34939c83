/**
 * Simulated clients of rows that expire, and what may not happen to such rows. *for tests*
 *
 *   I13  what has expired is collected in every region, and so is a used key's record; a row that
 *        was renewed before, and acknowledged, is there
 *
 * A row is written with an end in some seconds and renewed now and then by clients of any
 * region; the last renewal is for a month, and often comes when the row has just been collected
 * somewhere. A row whose fate one of its clients does not know is not judged: an earlier write may
 * come behind the last one. Nor is one whose last renewal is close to the write before, where the
 * regions' clocks decide which of the two came later.
 */
import type { Rng } from "../../base/rng.ts";
import { itemsOf, readItem } from "../../layers/key-value/items.ts";
import type { WriteOutcome } from "../../layers/key-value/port.ts";
import { IDEMPOTENCY, platformTable } from "../../layers/region/platform-tables.ts";
import { APP, checked, PASSING } from "./setting.ts";
import type { World } from "./world.ts";

const CLIENTS = 3;
const THINK_MS = 60;
const LONGEST_SECONDS = 2;
/** Any two writes of a row in two regions are judged alike by all clocks after this. */
const APART_MS = 7000;
const MONTH_SECONDS = 30 * 24 * 3600;
const DAY_MS = 24 * 3600 * 1000;
const COLLECTED_WITHIN_MS = 8000;
const LOOK_EVERY_MS = 200;

interface Row {
  readonly id: string;
  /** Attempts whose end is not known, now or for ever. */
  open: number;
  wroteAt: number;
  isFinal: boolean;
  isRenewed: boolean;
}

export class ExpiryWorkload {
  renewed = 0;
  readonly #world: World;
  readonly #rng: Rng;
  readonly #report: (invariant: string, what: string) => void;
  readonly #isPassive: boolean;
  readonly #rows: Row[] = [];
  #isOn = false;
  #ids = 0;

  constructor(options: {
    readonly world: World;
    readonly rng: Rng;
    readonly isPassive: boolean;
    readonly report: (invariant: string, what: string) => void;
  }) {
    this.#world = options.world;
    this.#rng = options.rng;
    this.#isPassive = options.isPassive;
    this.#report = options.report;
  }

  start(): void {
    this.#isOn = true;
    for (let at = 0; at < CLIENTS; at++) this.#next();
  }

  stop(): void {
    this.#isOn = false;
  }

  #next(): void {
    this.#world.scheduler.after(this.#rng.next() * THINK_MS, () => {
      if (!this.#isOn) return;
      this.#write(this.#rowToWrite());
      this.#next();
    });
  }

  #rowToWrite(): Row {
    const open = this.#rows.filter((row) => !row.isFinal && this.#isApart(row));
    if (open.length > 0 && this.#rng.chance(0.6)) return this.#rng.pick(open);
    const id = `passing-${this.#ids++}`;
    const row = { id, open: 0, wroteAt: 0, isFinal: false, isRenewed: false };
    this.#rows.push(row);
    return row;
  }

  #isApart({ wroteAt }: Row): boolean {
    return this.#isPassive || this.#world.now - wroteAt > APART_MS;
  }

  #write(row: Row): void {
    const { scheduler, now } = this.#world;
    const holders = this.#world.holders(APP);
    const isKnown = holders.length > 0 && this.#rng.chance(0.8);
    const region = this.#rng.pick(isKnown ? holders : this.#world.regions);
    const process = this.#world.node(region).process;
    if (process === undefined) return;
    row.isFinal = row.open === 0 && row.wroteAt > 0 && this.#rng.chance(0.5);
    const { isFinal } = row;
    row.wroteAt = now;
    row.open++;
    // About as long as renewals are apart, so that they meet the collection.
    const least = this.#isPassive ? 0.3 : APART_MS / 1000;
    const seconds = isFinal ? MONTH_SECONDS : least + this.#rng.next() * LONGEST_SECONDS;
    const item = { id: row.id, until: (1.7e12 + scheduler.now) / 1000 + seconds };
    const answer = ({ kind }: WriteOutcome): void => {
      if (kind === "unknown") return;
      row.open--;
      if (!isFinal) return;
      if (kind === "ok") {
        row.isRenewed = true;
        this.renewed++;
      } else row.isFinal = false;
    };
    process.run(() => {
      const at = this.#world.node(region).instant();
      const writes = checked({ kind: "put", table: PASSING, item });
      if (process.region?.apps.get(APP)?.write([{ writes, answer }], at)) {
        process.region.endTurn(at);
      } else answer({ kind: "failed", code: "not-serving", reason: "it does not serve" });
    });
  }

  /** I13, when everything is calm: a day passes for all clocks, and every region is looked at. */
  finish(): void {
    const world = this.#world;
    for (const { clocks } of world.nodes.values()) clocks.offsetMs += DAY_MS + 3600 * 1000;
    let left = this.#expired();
    for (const end = world.now + COLLECTED_WITHIN_MS; left.length > 0 && world.now < end; ) {
      world.advance(LOOK_EVERY_MS);
      left = this.#expired();
    }
    for (const what of left.slice(0, 3)) this.#report("I13", `${what} has expired and is there`);
    for (const { id, open, isRenewed } of this.#rows) {
      if (!isRenewed || open > 0) continue;
      for (const region of world.regions) {
        const key = { partition: id, sort: "" };
        const stored = readItem(world.node(region).engine, APP, PASSING.name, key);
        if (stored?.value != null) continue;
        this.#report("I13", `${id} was renewed for a month and is not in ${region}`);
      }
    }
  }

  /** What is past its end in some region, whatever the region has noted of it. */
  #expired(): string[] {
    return this.#world.regions.flatMap((region) => {
      const node = this.#world.node(region);
      const second = node.instant().wall / 1000;
      return [PASSING, platformTable(IDEMPOTENCY)].flatMap((table) =>
        [...itemsOf(node.engine, APP, table.name)]
          .filter(({ stored: { value, clock } }) => {
            const until = value === null ? undefined : table.expiresAt(value, clock);
            return until !== undefined && until < second;
          })
          .map(({ key }) => `${table.name} ${key.partition}/${key.sort} in ${region}`),
      );
    });
  }
}
