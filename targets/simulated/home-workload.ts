/**
 * Simulated clients that take from shelves for which one region decides at a time, and what may not
 * happen to a shelf. *for tests*
 *
 *   I14 two regions never acknowledge takes of one name side by side: once a term has acknowledged,
 *       no earlier one does
 *   I15 while a name is only handed over, each take sees all that were acknowledged before it
 *   I16 what was decided in the latest term stands in every region in the end
 *   I11 soon after the faults every name is open, at the region that it prefers
 *
 * A take reads all rows of the shelf, adds one to the row of its own region, and is number `sum`.
 */
import type { Rng } from "../../base/rng.ts";
import { itemsOf, readItem, versionOf } from "../../layers/key-value/items.ts";
import type { WriteOutcome } from "../../layers/key-value/port.ts";
import { servingRegionsOf } from "../../layers/routing/record.ts";
import { APP, checked, DECISIONS, SHELVES } from "./setting.ts";
import type { World } from "./world.ts";

const CLIENTS = 3;
const THINK_MS = 12;
const NAMES = ["first", "last"];

interface Take {
  readonly region: string;
  readonly term: number;
  readonly number: number;
}

/** What was acknowledged in one term. */
interface Term {
  readonly region: string;
  takes: number;
  highest: number;
}

export class HomeWorkload {
  readonly #world: World;
  readonly #rng: Rng;
  readonly #report: (invariant: string, what: string) => void;
  readonly #taken = new Map<string, Map<number, Term>>(NAMES.map((name) => [name, new Map()]));
  /** By name and term: whether it was claimed, not handed over. */
  readonly #moves = new Map<string, Map<number, boolean>>(NAMES.map((name) => [name, new Map()]));
  #isOn = false;

  constructor(options: {
    readonly world: World;
    readonly rng: Rng;
    readonly report: (invariant: string, what: string) => void;
  }) {
    this.#world = options.world;
    this.#rng = options.rng;
    this.#report = options.report;
  }

  get acked(): number {
    return NAMES.reduce((sum, name) => sum + this.#takesOf(name), 0);
  }
  get moves(): number {
    return NAMES.reduce((sum, name) => sum + (this.#moves.get(name)?.size ?? 0), 0);
  }

  start(): void {
    this.#isOn = true;
    for (let at = 0; at < CLIENTS; at++) this.#next();
  }

  stop(): void {
    this.#isOn = false;
  }

  #takesOf(name: string): number {
    return [...(this.#taken.get(name)?.values() ?? [])].reduce((sum, { takes }) => sum + takes, 0);
  }

  #next(): void {
    this.#world.scheduler.after(this.#rng.next() * THINK_MS, () => {
      if (!this.#isOn) return;
      this.#look();
      this.#take(this.#rng.pick(NAMES));
      this.#next();
    });
  }

  /** What the records tell of how names moved. */
  #look(): void {
    for (const region of this.#world.regions) {
      const record = this.#world.app(region, APP)?.record;
      for (const [name, { term }] of Object.entries(record?.homes ?? {})) {
        const moves = this.#moves.get(name);
        if (moves === undefined || moves.has(term)) continue;
        const entry = record?.journal.find(({ version }) => version === term);
        moves.set(term, entry?.cause !== "home-given");
      }
    }
  }

  #take(name: string): void {
    const world = this.#world;
    const believed = world.app(this.#rng.pick(world.regions), APP)?.record?.homes?.[name]?.region;
    const isAtHome = believed !== undefined && world.regions.includes(believed);
    const region = isAtHome && this.#rng.chance(0.7) ? believed : this.#rng.pick(world.regions);
    const { process } = world.node(region);
    if (process === undefined) return;
    process.run(() => {
      const now = world.node(region).instant();
      const app = process.region?.apps.get(APP);
      if (app === undefined) return;
      const rows = this.#rows(region, name);
      const sum = rows.reduce((all, { taken }) => all + taken, 0);
      const own = rows.find((row) => row.region === region);
      const item = { home: name, region, taken: (own?.taken ?? 0) + 1 };
      const condition = own === undefined ? { ifAbsent: true } : { ifVersion: own.version };
      const { term } = app.homes.view(name, now);
      const take = { region, term, number: sum + 1 };
      const decision = { home: name, term, number: take.number };
      const writes = checked(
        { kind: "put", table: SHELVES, item, ...condition },
        { kind: "put", table: DECISIONS, item: decision },
      );
      const answer = ({ kind }: WriteOutcome): void => {
        if (kind === "ok") this.#acknowledged(name, take);
      };
      if (app.write([{ writes, home: { name, term }, answer }], now)) process.region?.endTurn(now);
    });
  }

  #rows(region: string, name: string): { region: string; taken: number; version: string }[] {
    return [...itemsOf(this.#world.node(region).engine, APP, SHELVES.name)].flatMap(
      ({ key, stored }) => {
        const value = stored.value as { readonly taken: number } | null;
        if (key.partition !== name || value === null) return [];
        return [{ region: key.sort, taken: value.taken, version: versionOf(stored.stamp) }];
      },
    );
  }

  #acknowledged(name: string, take: Take): void {
    this.#look();
    const terms = this.#taken.get(name) ?? new Map<number, Term>();
    const claims = [...(this.#moves.get(name) ?? [])].flatMap(([at, isClaim]) =>
      isClaim ? [at] : [],
    );
    const { region, term, number } = take;
    for (const [other, { region: by, highest }] of terms) {
      if (other > term) {
        this.#report("I14", `${name}: ${region} acknowledged in ${term} after ${by} in ${other}`);
      }
      const isHandedOver = !claims.some((at) => at > other && at <= term);
      if (isHandedOver && other <= term && highest >= number) {
        const what = `take ${number} of term ${term}`;
        this.#report("I15", `${name}: ${what} does not see take ${highest} of ${other}`);
      }
    }
    const own = terms.get(term) ?? { region, takes: 0, highest: 0 };
    terms.set(term, { region, takes: own.takes + 1, highest: Math.max(own.highest, number) });
  }

  /** I11: each name is open where it is preferred. */
  checkOpen(withinMs: number): void {
    const world = this.#world;
    const isHome = (name: string): boolean => {
      const record = world.app(world.regions[0] ?? "", APP)?.record;
      const region = record?.homes?.[name]?.region;
      if (region === undefined) return false;
      const { options, homes } = world.app(region, APP) ?? {};
      const serving = record === undefined ? [] : servingRegionsOf(record);
      const preferred = options?.homes?.[name]?.find((one) => serving.includes(one));
      const now = world.node(region).instant();
      return preferred === region && homes?.view(name, now).state === "open";
    };
    if (world.until(() => NAMES.every(isHome), withinMs) !== undefined) return;
    for (const name of NAMES.filter((one) => !isHome(one))) {
      const states = world.regions.map((region) => {
        const view = world.app(region, APP)?.homes.view(name, world.node(region).instant());
        return `${region}: ${view?.region} ${view?.state}`;
      });
      this.#report("I11", `${name} is not open where it is preferred: ${states.join(", ")}`);
    }
  }

  /** Every take is counted once, in every region. */
  finish(): void {
    for (const name of NAMES) {
      for (const region of this.#world.regions) {
        const sum = this.#rows(region, name).reduce((all, { taken }) => all + taken, 0);
        const acked = this.#takesOf(name);
        if (sum >= acked) continue;
        const what = `${sum} takes of ${name} in ${region}, ${acked} were acknowledged`;
        this.#report("I4", what);
      }
      this.#checkDecision(name);
    }
  }

  #checkDecision(name: string): void {
    const terms = [...(this.#taken.get(name) ?? [])].sort(([a], [b]) => b - a);
    const [last, highest] = [terms[0]?.[0] ?? 0, terms[0]?.[1].highest ?? 0];
    for (const region of this.#world.regions) {
      const key = { partition: name, sort: "" };
      const stored = readItem(this.#world.node(region).engine, APP, DECISIONS.name, key);
      const { term = 0, number = 0 } = (stored?.value ?? {}) as { term?: number; number?: number };
      if (term < last || (term === last && number < highest)) {
        const what = `${region} has decision ${number} of term ${term}`;
        this.#report("I16", `${name}: ${what}, ${highest} of ${last} was acknowledged`);
      }
    }
  }
}
