/**
 * `createClient`: a `fetch` that knows the regions. *shell*
 *
 * It owns what the calls share: knowledge of the regions, retry budget, session, one poll per app.
 * Every effect (fetch, clock, timers, randomness) can be given, so that it runs in virtual time.
 * Decisions are elsewhere: knowledge.ts (who serves), decide.ts (one call).
 *
 * Not promised: that a write is acknowledged; `fetch` rejects with `outcome-unknown` where nobody
 * can tell, and never turns that into a refusal.
 */
import { runCall } from "./call.ts";
import { createDirectory } from "./directory.ts";
import { ClientError } from "./error.ts";
import { createKey } from "./key.ts";
import {
  type AppState,
  appOf,
  createKnowledge,
  type Fact,
  type Knowledge,
  learn,
  type Region,
} from "./knowledge.ts";
import { createOutbox, type Outbox, type OutboxOptions } from "./outbox.ts";
import { createPoll, type Poll } from "./poll.ts";
import { createOutgoing, type FetchInit } from "./request.ts";
import { createSession } from "./session.ts";

export interface ClientTimers {
  set(run: () => void, delayMs: number): unknown;
  clear(timer: unknown): void;
}

export interface ClientOptions {
  /**
   * The regions, or who knows them now, or the URL of a front door or region that lists them
   * (`GET /routing/regions`); a region that comes later is then found.
   */
  readonly regions: readonly Region[] | string | (() => readonly Region[]);
  /** The app of paths that start with another word than their app. */
  readonly app?: string;
  /** The region to prefer while nothing better is known, and for stale reads. */
  readonly near?: string;
  /** From a call to the head of its answer; default 10,000. */
  readonly deadlineMs?: number;
  /** After this much silence an attempt has company elsewhere; default 250, more for far regions. */
  readonly silenceMs?: number;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
  readonly now?: () => number;
  readonly random?: () => number;
  readonly timers?: ClientTimers;
  /** Keeps writes that cannot be made now, and sends them later: see `Client.outbox`. */
  readonly outbox?: OutboxOptions;
}

export type ClientEvent =
  | {
      readonly type: "answered";
      readonly app: string;
      readonly region: string;
      readonly epoch: number;
      readonly status: number;
      readonly attempts: number;
      readonly consistency?: string;
      readonly dataAgeMs?: number;
      /** Receipts of this session that the region does not have. */
      readonly missing?: readonly string[];
    }
  | {
      readonly type: "state";
      readonly app: string;
      readonly state: AppState;
      readonly epoch: number;
      readonly servingRegion?: string;
    };

export interface Client {
  /**
   * Like the platform's fetch, for a path. Rejects with ClientError (`unavailable`: certainly
   * nothing happened; `outcome-unknown`: a write may have), or with the signal's reason.
   */
  fetch(path: string, init?: FetchInit): Promise<Response>;
  readonly events: {
    subscribe(listener: (event: ClientEvent) => void): () => void;
    /** The last known state of an app, for a page that has just opened. */
    state(app: string): { readonly state: AppState; readonly servingRegion?: string };
  };
  /** Newest last, at most 20. */
  receipts(app: string): readonly string[];
  regions(): readonly Region[];
  /** Where the option was given. */
  readonly outbox: Outbox | undefined;
  /** Ends polls and open calls. */
  close(): void;
}

const SILENCE_MS = 250;
const TOKENS_FIRST = 10;
const TOKENS_MOST = 20;
const TOKENS_PER_CALL = 0.1;
const HEAVY_BYTES = 64 * 1024;
/** A body on a slow line is not silence: 250 KB/s. */
const BODY_BYTES_PER_MS = 250;

/** What the calls of one client share. */
export interface Shared {
  readonly ports: Required<Pick<ClientOptions, "fetch" | "now" | "random">> & {
    after(delayMs: number, run: () => void): () => void;
  };
  readonly session: ReturnType<typeof createSession>;
  readonly paceMs: Map<string, number>;
  knowledge: Knowledge;
  tokens: number;
  tell(fact: Fact): void;
  announce(event: ClientEvent): void;
  /** Calls back with every region that the poll finds; answers how to stop. */
  awaitRegion(app: string, wake: (region: string, serving: boolean) => void): () => void;
}

export function createClient(options: ClientOptions): Client {
  const timers = options.timers ?? platformTimers;
  const ports: Shared["ports"] = {
    fetch: options.fetch ?? ((url, init) => globalThis.fetch(url, init)),
    now: options.now ?? (() => performance.now()),
    random: options.random ?? Math.random,
    after: (delayMs, run) => {
      const timer = timers.set(run, delayMs);
      return () => timers.clear(timer);
    },
  };
  const directory = createDirectory(options.regions, ports);
  const listeners = new Set<(event: ClientEvent) => void>();
  const open = new Set<() => void>();
  const announce = (event: ClientEvent): void => {
    for (const listener of [...listeners]) listener(event);
  };
  const shared = createShared(options, ports, directory, announce);
  const newKey = (): string => createKey(options.random);
  let closed = false;

  const client: Client = {
    outbox: undefined,
    async fetch(path, init = {}) {
      if (closed) throw new ClientError("unavailable", "the client is closed", []);
      const withApp = init.app === undefined && options.app !== undefined;
      const out = await createOutgoing(
        path,
        withApp ? { ...init, app: options.app } : init,
        newKey,
      );
      shared.tell({ type: "regions", regions: await directory.ready() });
      shared.tokens = Math.min(TOKENS_MOST, shared.tokens + TOKENS_PER_CALL);
      shared.check(out.app);
      const silenceMs = options.silenceMs ?? SILENCE_MS;
      return runCall(shared, out, open, {
        deadlineMs: init.deadlineMs ?? options.deadlineMs ?? 10_000,
        silenceMs: silenceMs + out.sizeBytes / BODY_BYTES_PER_MS,
        stale: init.stale ?? false,
        heavy: out.sizeBytes > HEAVY_BYTES,
        signal: init.signal ?? undefined,
      });
    },
    events: {
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      state: (app) => stateOf(shared.knowledge, app),
    },
    receipts: (app) => shared.session.receipts(app),
    regions: () => shared.knowledge.regions,
    close() {
      closed = true;
      client.outbox?.close();
      for (const end of [...open]) end();
      shared.stop();
      listeners.clear();
    },
  };
  return options.outbox === undefined ? client : withOutbox(client, options.outbox, ports);
}

/** A fence that ends, a region that serves again: what waits is sent at once. */
function withOutbox(client: Client, options: OutboxOptions, ports: Shared["ports"]): Client {
  const outbox = createOutbox(options, {
    ...ports,
    send: (path, init) => client.fetch(path, init),
    wallNow: () => Date.now(),
  });
  client.events.subscribe((event) => {
    if (event.type === "state" && event.state === "active") outbox.wake(event.app);
  });
  return Object.assign(client, { outbox });
}

interface SharedEnds {
  /** Looks whether regions in trouble are back; calls drive it, so that an idle client is silent. */
  check(app: string): void;
  stop(): void;
}

function createShared(
  options: ClientOptions,
  ports: Shared["ports"],
  directory: ReturnType<typeof createDirectory>,
  announce: (event: ClientEvent) => void,
): Shared & SharedEnds {
  const waiting = new Map<string, Set<(region: string, serving: boolean) => void>>();
  const polls = new Map<string, Poll>();
  const silence = (region: string): number =>
    Math.max((options.silenceMs ?? SILENCE_MS) * 0.6, 3 * (shared.paceMs.get(region) ?? 0));

  const pollOf = (app: string): Poll => {
    const poll =
      polls.get(app) ??
      createPoll(app, {
        ...ports,
        regions: () => shared.knowledge.regions,
        inTrouble: (region) => shared.knowledge.trouble.has(region),
        silenceMs: silence,
        wanted: () => (waiting.get(app)?.size ?? 0) > 0,
        found(fact, serving) {
          shared.tell(fact);
          if (fact.type === "trouble") return void directory.refresh(shared.knowledge);
          if (fact.type !== "regions" && fact.type !== "stuck") {
            for (const wake of [...(waiting.get(app) ?? [])]) wake(fact.region, serving);
          }
        },
      });
    polls.set(app, poll);
    return poll;
  };

  const shared: Shared & SharedEnds = {
    ports,
    session: createSession(),
    paceMs: new Map(),
    knowledge: createKnowledge(directory.first, options.near),
    tokens: TOKENS_FIRST,
    tell(fact) {
      const before = shared.knowledge;
      if (isUnknownHolder(before, fact)) {
        void directory.missed().then((regions) => shared.tell({ type: "regions", regions }));
      }
      shared.knowledge = learn(before, fact);
      if (before.apps !== shared.knowledge.apps) announceStates(before, shared.knowledge, announce);
    },
    announce,
    awaitRegion(app, wake) {
      const set = waiting.get(app) ?? new Set();
      waiting.set(app, set.add(wake));
      pollOf(app).start();
      return () => {
        set.delete(wake);
        if (set.size === 0) polls.get(app)?.stop();
      };
    },
    check(app) {
      if (shared.knowledge.trouble.size > 0) pollOf(app).check();
    },
    stop() {
      for (const poll of polls.values()) poll.stop();
    },
  };
  return shared;
}

/** A refusal names a region that has come since the regions were learnt. */
const isUnknownHolder = ({ regions }: Shared["knowledge"], fact: Fact): boolean =>
  fact.type === "refused" &&
  fact.servingRegion !== undefined &&
  !regions.some(({ id }) => id === fact.servingRegion);

function announceStates(
  before: Knowledge,
  after: Knowledge,
  announce: (event: ClientEvent) => void,
): void {
  for (const [app, now] of after.apps) {
    const old = before.apps.get(app);
    if (old?.state === now.state && old.serving === now.serving && old.epoch === now.epoch)
      continue;
    announce({ type: "state", app, epoch: now.epoch, ...stateOf(after, app) });
  }
}

function stateOf(knowledge: Knowledge, app: string): { state: AppState; servingRegion?: string } {
  const { state, serving } = appOf(knowledge, app);
  return serving === undefined ? { state } : { state, servingRegion: serving };
}

const platformTimers: ClientTimers = {
  set: (run, delayMs) => setTimeout(run, delayMs),
  clear: (timer) => clearTimeout(timer as number),
};
