/** Simulated clients: they write, read, retry with the same key, and remember what they saw. */
import type { Rng } from "../../base/rng.ts";
import { readItem, type StoredItem } from "../../layers/key-value/items.ts";
import type { Consistency, WriteOutcome } from "../../layers/key-value/port.ts";
import type { AppOptions } from "../../layers/region/app-region.ts";

import { type AckedWrite, type History, partsOf } from "./history.ts";
import { APP, checked, ITEMS } from "./setting.ts";
import type { World } from "./world.ts";

const KEYS = 6;
const CLIENTS = 4;

interface Operation {
  readonly id: number;
  readonly key: string;
  /** A keyed operation makes a new item; trying it twice must not make two. */
  readonly isKeyed: boolean;
  readonly begun: number;
  readonly client: Client;
  tries: number;
}

interface Client {
  readonly session: AckedWrite[];
}

export class Workload {
  reads = 0;
  unknown = 0;
  lastAckAt = Number.NEGATIVE_INFINITY;
  readonly #world: World;
  readonly #rng: Rng;
  readonly #history: History;
  readonly #mode: AppOptions["mode"];
  readonly #keyedAcked = new Map<number, number>();
  readonly #thinkMs: number;
  #isOn = false;
  #ids = 0;

  constructor(options: {
    world: World;
    rng: Rng;
    history: History;
    mode: AppOptions["mode"];
    thinkMs: number;
  }) {
    this.#world = options.world;
    this.#rng = options.rng;
    this.#history = options.history;
    this.#mode = options.mode;
    this.#thinkMs = options.thinkMs;
  }

  start(): void {
    this.#isOn = true;
    for (let at = 0; at < CLIENTS; at++) this.#next({ session: [] });
  }

  stop(): void {
    this.#isOn = false;
  }

  #next(client: Client): void {
    this.#world.scheduler.after(this.#rng.next() * this.#thinkMs, () => {
      if (!this.#isOn) return;
      const dice = this.#rng.next();
      if (dice < 0.5) this.#begin(client, false);
      else if (dice < 0.65) this.#begin(client, true);
      else this.#read(client);
      this.#next(client);
    });
  }

  #region(): string {
    const holders = this.#world.holders(APP);
    const isKnown = holders.length > 0 && this.#rng.chance(0.75);
    return isKnown ? this.#rng.pick(holders) : this.#rng.pick(this.#world.regions);
  }

  #begin(client: Client, isKeyed: boolean): void {
    const id = this.#ids++;
    const key = isKeyed ? `once-${id}` : `k${this.#rng.below(KEYS)}`;
    const operation = { id, key, isKeyed, begun: this.#world.now, client, tries: 0 };
    this.#try(operation, this.#region());
  }

  #try(operation: Operation, region: string): void {
    const process = this.#world.node(region).process;
    if (process === undefined) return;
    operation.tries++;
    const { id, key, isKeyed } = operation;
    // Active-active: the id follows from the request, so a second copy is the same item.
    const salt = this.#mode === "active-active" ? "" : `-${operation.tries}`;
    const item = { id: isKeyed ? `${key}${salt}` : key, value: `${id}.${operation.tries}` };
    const isDelete = !isKeyed && this.#rng.chance(0.15);
    const idempotency = {
      scope: "client",
      key: `op-${id}`,
      requestHash: "same",
      response: { id: item.id },
    };
    const { openDeletes } = this.#history;
    if (isDelete) openDeletes.set(item.id, (openDeletes.get(item.id) ?? 0) + 1);
    const answer = (outcome: WriteOutcome): void => {
      if (isDelete && outcome.kind !== "unknown") {
        openDeletes.set(item.id, (openDeletes.get(item.id) ?? 1) - 1);
      }
      this.#answered({ operation, region, incarnation: process.incarnation, isDelete }, outcome);
    };
    process.run(() => {
      const now = this.#world.node(region).instant();
      const writes = isDelete
        ? checked({ kind: "delete", table: ITEMS, key: { id: item.id } })
        : checked({ kind: "put", table: ITEMS, item });
      const request = { writes, answer, ...(isKeyed ? { idempotency } : {}) };
      if (!process.region?.apps.get(APP)?.write([request], now)) {
        this.#retry(operation);
        return;
      }
      process.region?.endTurn(now);
    });
  }

  #answered(
    attempt: { operation: Operation; region: string; incarnation: number; isDelete: boolean },
    outcome: WriteOutcome,
  ): void {
    const { operation, region, incarnation, isDelete } = attempt;
    if (outcome.kind !== "ok") {
      if (outcome.kind === "unknown") this.unknown++;
      this.#retry(operation);
      return;
    }
    const { now } = this.#world;
    this.lastAckAt = now;
    const { receipt, replayed } = outcome.value;
    if (operation.isKeyed) this.#keyedAcked.set(operation.id, now);
    if (replayed !== undefined) return;
    const { key, isKeyed, begun, client } = operation;
    const parts = partsOf(receipt);
    const write = {
      key: isKeyed ? "" : key,
      receipt,
      parts,
      region,
      incarnation,
      begun,
      ended: now,
      isDelete,
    };
    const holder = this.#world.holders(APP).map((name) => this.#world.app(name, APP))[0];
    this.#history.write(write, holder);
    client.session.push(write);
    if (client.session.length > 8) client.session.shift();
  }

  #retry(operation: Operation): void {
    if (!operation.isKeyed || operation.tries > 6) return;
    this.#world.scheduler.after(5 + this.#rng.next() * 300, () =>
      this.#try(operation, this.#region()),
    );
  }

  #read(client: Client): void {
    const region = this.#region();
    const process = this.#world.node(region).process;
    const reads = process?.region?.reads.get(APP);
    if (process === undefined || reads === undefined) return;
    const key = `k${this.#rng.below(KEYS)}`;
    const consistency = this.#rng.pick<Consistency>(["current", "leased", "stale"]);
    const session = this.#rng.chance(0.5) ? [...client.session] : [];
    const begun = this.#world.now;
    process.run(() => {
      reads.read(
        {
          consistency,
          session: session.map((write) => write.receipt),
          run: (reader) => {
            const stored = readItem(reader, APP, "items", { partition: key, sort: "" });
            return { value: stored, seen: stored === undefined ? [] : [stored] };
          },
          answer: (outcome) => {
            if (outcome.kind !== "ok") return;
            this.reads++;
            const { epoch, missing } = outcome.info;
            const ended = this.#world.now;
            const seen = { key, region, consistency, stored: outcome.value, epoch, begun, ended };
            this.#history.read({ ...seen, session, missing: missing ?? [] });
          },
        },
        this.#world.node(region).instant(),
      );
    });
  }

  /** I6: an operation with a key had one effect, however often it was tried. */
  checkEffects(
    items: readonly StoredItem[],
    report: (invariant: string, what: string) => void,
  ): void {
    const effects = new Map<string, number>();
    for (const { key, stored } of items) {
      const match = /^once-(\d+)/.exec(key.partition);
      if (match === null || stored.value === null) continue;
      effects.set(match[1] ?? "", (effects.get(match[1] ?? "") ?? 0) + 1);
    }
    for (const [id, count] of effects) {
      if (count > 1) report("I6", `operation ${id} had ${count} effects`);
    }
    for (const [id, at] of this.#keyedAcked) {
      if (!effects.has(String(id)))
        report("I6", `operation ${id}, acknowledged at ${at}, had none`);
    }
  }
}
