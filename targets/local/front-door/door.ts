/**
 * What all requests of one front door share: the table, the regions' pools, the requests that have
 * no answer yet. *shell*
 *
 * Every change of the table is shown to every request that is still without an answer: so a held
 * write leaves, and an attempt in a lost region is given up, in the same turn in which the record
 * arrives. While writes are held, `GET /health/{app}/serving` is asked as well, because a record
 * names the new region a moment before its gate is open.
 */

import type { Log } from "../../../layers/api/log.ts";
import { BODY_IDLE_MS } from "../http/server.ts";
import type { LinkFaults } from "../link/fault.ts";
import { type Budget, createBudget } from "./budget.ts";
import { type Conditions, createConditions } from "./conditions.ts";
import { type Follower, followRegion } from "./follower.ts";
import { Roster } from "./roster.ts";
import { createTable, type Fact, learn, type RegionRef, type Table, withChosen } from "./router.ts";
import { probe, Upstream } from "./upstream.ts";

export interface Limits {
  /** From the first time a request is held to its refusal. */
  readonly holdMs: number;
  readonly mostHeld: number;
  /** Requests without an answer, held or not. */
  readonly mostPending: number;
  /** A body up to this size is kept, so that it can be sent again. */
  readonly replayBytes: number;
  /** All kept bodies together; beyond it they stream. */
  readonly mostKeptBytes: number;
  /** After so much silence a read, a keyed write, is tried elsewhere as well. */
  readonly readSilenceMs: number;
  readonly writeSilenceMs: number;
  /** What is neither read nor keyed has this long for the head of its answer. */
  readonly answerMs: number;
  /** Nothing of a body arrives for so long, or the whole takes as much longer than it may. */
  readonly bodyIdleMs: number;
  /** Nothing of an answer arrives, or its client takes nothing of it. */
  readonly answerIdleMs: number;
  /** Open requests get this long when the front door closes. */
  readonly drainMs: number;
}

export const LIMITS: Limits = {
  holdMs: 10_000,
  mostHeld: 2_000,
  mostPending: 8_000,
  replayBytes: 1024 * 1024,
  mostKeptBytes: 256 * 1024 * 1024,
  readSilenceMs: 200,
  writeSilenceMs: 400,
  answerMs: 75_000,
  bodyIdleMs: BODY_IDLE_MS,
  answerIdleMs: 60_000,
  drainMs: 3_000,
};

/** A request without an answer, as the door sees it. */
export interface Pending {
  readonly app: string | undefined;
  readonly isRead: boolean;
  readonly isHeld: boolean;
  /** The table changed. */
  reconsider(): void;
  /** A region answered: what failed there may be tried again. */
  retry(): void;
}

export interface Door {
  readonly limits: Limits;
  readonly log: Log;
  readonly budget: Budget;
  readonly pending: Roster<Pending>;
  readonly table: Table;
  readonly control: Upstream | undefined;
  held: number;
  keptBytes: number;
  upstream(region: string): Upstream | undefined;
  tell(fact: Fact): void;
  choose(app: string | undefined, region: string): void;
  suspect: Conditions["suspect"];
  /** Looks for the region that serves the app until nobody waits for it. */
  look(app: string): void;
  setRegions(regions: readonly RegionRef[]): void;
  setFaults(faults: LinkFaults): void;
  close(): Promise<void>;
}

export interface DoorOptions {
  readonly regions: readonly RegionRef[];
  readonly follow: boolean;
  readonly controlUrl?: string;
  readonly limits?: Partial<Limits>;
  readonly log: Log;
}

const PROBE_MS = 150;

export function createDoor(options: DoorOptions): Door {
  let table = createTable([]);
  let faults: LinkFaults = {};
  const upstreams = new Map<string, { upstream: Upstream; follower: Follower | undefined }>();
  const pending = new Roster<Pending>();
  const looks = new Map<string, () => void>();

  const tell = (fact: Fact): void => {
    const before = table;
    table = learn(before, fact);
    if (table === before) return;
    if (fact.type === "record" || fact.type === "condition") options.log.info({ fact }, "routing");
    for (const one of pending) one.reconsider();
  };
  const conditions = createConditions(
    (region, condition) => tell({ type: "condition", region, condition }),
    () => {
      for (const one of pending) if (one.isHeld && one.isRead) one.retry();
    },
  );
  const waits = (app: string): boolean => {
    for (const one of pending) if (one.isHeld && one.app === app) return true;
    return false;
  };
  const look = (app: string): void => {
    if (looks.has(app)) return;
    const targets = (): Upstream[] => [...upstreams.values()].map((one) => one.upstream);
    const stop = lookForServing(
      app,
      targets,
      (region, epoch) => {
        tell({ type: "serves", app, region, epoch });
        for (const one of pending) if (one.isHeld && one.app === app) one.retry();
      },
      () => {
        const wanted = waits(app);
        if (!wanted) looks.delete(app);
        return wanted;
      },
    );
    looks.set(app, stop);
  };

  const door: Door = {
    limits: { ...LIMITS, ...options.limits },
    log: options.log,
    budget: createBudget(),
    pending,
    get table() {
      return table;
    },
    control:
      options.controlUrl === undefined
        ? undefined
        : new Upstream({ id: "control", url: options.controlUrl }),
    held: 0,
    keptBytes: 0,
    upstream: (region) => upstreams.get(region)?.upstream,
    tell,
    choose(app, region) {
      if (app !== undefined) table = withChosen(table, app, region);
    },
    suspect: conditions.suspect,
    look,
    setRegions(regions) {
      for (const [id, { upstream, follower }] of upstreams) {
        if (regions.some((region) => region.id === id && region.url === upstream.url)) continue;
        follower?.close();
        conditions.forget(id);
        upstreams.delete(id);
        void upstream.close();
      }
      for (const region of regions) {
        if (upstreams.has(region.id)) continue;
        const upstream = new Upstream(region, faults[region.id]);
        const look = (): void => conditions.suspect(region.id, "broke");
        const follower = options.follow ? followRegion(upstream, tell, look) : undefined;
        upstreams.set(region.id, { upstream, follower });
        tell({ type: "condition", region: region.id, condition: "up" });
        conditions.watch(upstream);
      }
      tell({ type: "regions", regions });
    },
    setFaults(next) {
      faults = next;
      for (const [id, { upstream }] of upstreams) upstream.setFaults(next[id]);
    },
    async close() {
      conditions.close();
      for (const stop of looks.values()) stop();
      for (const { follower } of upstreams.values()) follower?.close();
      const all = [...upstreams.values()].map((one) => one.upstream.close());
      await Promise.all([...all, door.control?.close()]);
    },
  };
  door.setRegions(options.regions);
  return door;
}

/** Rounds 10 to 15 ms apart for a second, then further apart; a region is asked once at a time. */
function lookForServing(
  app: string,
  targets: () => readonly Upstream[],
  found: (region: string, epoch: number) => void,
  isWanted: () => boolean,
): () => void {
  const since = performance.now();
  const asked = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  const ask = async (upstream: Upstream): Promise<void> => {
    asked.add(upstream.id);
    const path = `/health/${encodeURIComponent(app)}/serving`;
    const result = await probe(upstream, path, upstream.patienceMs(PROBE_MS));
    asked.delete(upstream.id);
    if (typeof result === "object" && result.status === 200) found(upstream.id, result.epoch);
  };
  const round = (): void => {
    if (!isWanted()) return;
    for (const upstream of targets()) if (!asked.has(upstream.id)) void ask(upstream);
    const early = performance.now() - since < 1_000;
    timer = setTimeout(round, early ? 10 + 5 * Math.random() : 50 + 50 * Math.random());
  };
  timer = setTimeout(round, 0);
  return () => clearTimeout(timer);
}
