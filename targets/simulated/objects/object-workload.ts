/**
 * Simulated clients of objects, and what may not happen to bytes. *for tests*
 *
 *   O1  `replicated`: when a put is acknowledged, every region that must have it has the bytes;
 *       whoever begins an epoch without force has the bytes of all that was acknowledged
 *   O2  bytes under a digest are those of the digest, on every disk, at any time
 *   O3  in the end every region has the bytes of every row, and wants nothing
 *   O4  in the end no disk holds bytes that no row names
 *
 * Some clients skip the wait before the row (`stages: false`), so that the two fences of B3 do not
 * hide each other's bugs.
 */
import type { Rng } from "../../../base/rng.ts";
import { objectTable, putRow, removeRow } from "../../../layers/api/objects/object-table.ts";
import { itemsOf, readItem } from "../../../layers/key-value/items.ts";
import type { Write, WriteOutcome } from "../../../layers/key-value/port.ts";
import { placeKey } from "../../../layers/objects/messages.ts";
import type { RegionBytes } from "../../../layers/region/region-bytes.ts";
import { partsOf } from "../history.ts";
import type { Process } from "../node.ts";
import { APP, checked } from "../setting.ts";
import type { World } from "../world.ts";
import { sha256 } from "./byte-disk.ts";

const BUCKET = "pictures";
const KEYS = 5;
const CLIENTS = 3;
const THINK_MS = 60;
const CONTENTS = 14;
const LONGEST = 300;
const SETTLE_MS = 40_000;
const LOOK_EVERY_MS = 40;

export interface ObjectWorkloadOptions {
  readonly world: World;
  readonly rng: Rng;
  readonly isReplicated: boolean;
  readonly isPassive: boolean;
  readonly report: (invariant: string, what: string) => void;
}

interface Acked {
  readonly key: string;
  readonly digest: string;
  readonly epoch: number;
  readonly position: number;
}

export class ObjectWorkload {
  acked = 0;
  readonly #options: ObjectWorkloadOptions;
  readonly #latest: Acked[] = [];
  #isOn = false;

  constructor(options: ObjectWorkloadOptions) {
    this.#options = options;
  }

  start(): void {
    this.#isOn = true;
    for (let client = 0; client < CLIENTS; client++) this.#next();
    this.#look();
  }

  stop(): void {
    this.#isOn = false;
  }

  #next(): void {
    const { world, rng } = this.#options;
    world.scheduler.after(rng.next() * THINK_MS, () => {
      if (!this.#isOn) return;
      const key = `o${rng.below(KEYS)}`;
      const process = world.node(this.#region()).process;
      if (process !== undefined) {
        if (rng.chance(0.05)) this.#nameNothing(process, key);
        else if (rng.chance(0.75)) this.#put(process, key);
        else this.#write(process, [removeRow(BUCKET, key)], () => {});
      }
      this.#next();
    });
  }

  #region(): string {
    const { world, rng } = this.#options;
    const holders = world.holders(APP);
    return holders.length > 0 && rng.chance(0.85) ? rng.pick(holders) : rng.pick(world.regions);
  }

  /** Few different contents: the same bytes come, go and come back under several names. */
  #content(): Uint8Array {
    const { rng } = this.#options;
    const seed = rng.below(CONTENTS);
    const length = seed === 0 ? 0 : 1 + ((seed * 7919) % LONGEST);
    return Uint8Array.from({ length }, (_, at) => (at * seed + seed) % 251);
  }

  #put(process: Process, key: string): void {
    const { world, rng } = this.#options;
    const { byteDisk, bytes } = process;
    if (byteDisk === undefined || bytes === undefined) return;
    const content = this.#content();
    const stages = rng.chance(0.6);
    process.run(() =>
      byteDisk.put(APP, content, (digest) => {
        if (digest === undefined) return;
        const sizeBytes = content.length;
        const createdOnMs = Math.floor(world.now);
        const contentType = "image/png";
        const row = { bucket: BUCKET, key, digest, sizeBytes, contentType, createdOnMs };
        const name = (): void =>
          this.#write(process, [putRow(row)], (parts) => this.#named(process, key, digest, parts));
        stageOr(bytes, { app: APP, digest }, sizeBytes, { stages, name });
        process.region?.endTurn(process.node.instant());
      }),
    );
  }

  /** A row of bytes that nobody ever had: it must be refused. */
  #nameNothing(process: Process, key: string): void {
    const digest = sha256(Uint8Array.of(1, 2, 3));
    const row = { bucket: BUCKET, key, digest, sizeBytes: 3, contentType: "image/png" };
    const write = putRow({ ...row, createdOnMs: Math.floor(this.#options.world.now) });
    this.#write(process, [write], (parts) => this.#named(process, key, digest, parts));
  }

  #write(
    process: Process,
    writes: readonly Write[],
    done: (parts: { epoch: number; position: number }) => void,
  ): void {
    process.run(() => {
      const now = process.node.instant();
      const answer = (outcome: WriteOutcome): void => {
        if (outcome.kind === "ok") done(partsOf(outcome.value.receipt));
      };
      process.region?.apps.get(APP)?.write([{ writes: checked(...writes), answer }], now);
      process.region?.endTurn(now);
    });
  }

  #named(
    process: Process,
    key: string,
    digest: string,
    { epoch, position }: { epoch: number; position: number },
  ): void {
    const { isReplicated, isPassive, report } = this.#options;
    this.acked++;
    const acked = { key, digest, epoch, position };
    this.#latest.push(acked);
    if (!isReplicated || !isPassive) return;
    const app = process.region?.apps.get(APP);
    if (app?.holding === undefined || !this.#isStill(process, acked)) return;
    const { region } = app.site.self;
    for (const one of [region, ...app.holding.inSync.required]) {
      if (!this.#has(one, digest)) report("O1", `${key} acknowledged, ${one} lacks its bytes`);
    }
  }

  /** Whether the row is as this write left it. */
  #isStill(process: Process, { key, epoch, position }: Acked): boolean {
    const { engine } = process.node;
    const at = { partition: BUCKET, sort: key };
    const stamp = readItem(engine, APP, objectTable.name, at)?.stamp;
    return stamp?.epoch === epoch && stamp.sequence === position;
  }

  #has(region: string, digest: string): boolean {
    return this.#options.world.node(region).byteMedium.has({ app: APP, digest });
  }

  /** O1, of whoever serves; O2, on every disk. */
  #look(): void {
    const { world, isReplicated, isPassive, report } = this.#options;
    if (!this.#isOn) return;
    for (const region of world.regions) {
      for (const [key, bytes] of world.node(region).byteMedium.files) {
        if (key !== placeKey({ app: APP, digest: sha256(bytes) })) {
          report("O2", `${region} holds other bytes under ${key}`);
        }
      }
    }
    for (const region of isReplicated && isPassive ? world.holders(APP) : []) this.#holds(region);
    world.scheduler.after(LOOK_EVERY_MS, () => this.#look());
  }

  #holds(region: string): void {
    const { world, report } = this.#options;
    const { process } = world.node(region);
    const app = world.app(region, APP);
    if (process === undefined || app?.record?.forced === true) return;
    for (const acked of this.#latest) {
      if (this.#isStill(process, acked) && !this.#has(region, acked.digest)) {
        report("O1", `${region} serves ${acked.key} without its bytes`);
      }
    }
  }

  /** After everything has healed. */
  finish(): void {
    const { world, report } = this.#options;
    const problems = (): string[] => world.regions.flatMap((region) => this.#unsettled(region));
    world.until(() => problems().length === 0, SETTLE_MS);
    for (const what of problems()) report(what.includes("nobody") ? "O4" : "O3", what);
  }

  #unsettled(region: string): string[] {
    const { world } = this.#options;
    const { engine, byteMedium } = world.node(region);
    const named = new Set<string>();
    const problems: string[] = [];
    for (const { key, stored } of itemsOf(engine, APP, objectTable.name)) {
      const digest = stored.value?.["digest"];
      if (typeof digest !== "string") continue;
      named.add(placeKey({ app: APP, digest }));
      if (!this.#has(region, digest)) problems.push(`${region} lacks the bytes of ${key.sort}`);
    }
    const wanted = world.app(region, APP)?.data.bytes.wanted(engine, undefined, 5) ?? [];
    if (wanted.length > 0) problems.push(`${region} still wants ${wanted.length}`);
    for (const key of byteMedium.files.keys()) {
      if (!named.has(key)) problems.push(`${region} keeps bytes that nobody names: ${key}`);
    }
    return problems;
  }
}

function stageOr(
  bytes: RegionBytes,
  place: { readonly app: string; readonly digest: string },
  sizeBytes: number,
  { stages, name }: { readonly stages: boolean; readonly name: () => void },
): void {
  if (stages) bytes.staged(place, sizeBytes, (end) => end === "ok" && name());
  else bytes.arrived(place, sizeBytes, (isKept) => isKept && name());
}
