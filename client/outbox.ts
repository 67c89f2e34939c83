/**
 * Keeps writes that cannot be made now, and sends them when they can. *shell*
 *
 * Entries of one app are sent in order, one at a time, each under the key it was given once; a
 * fence, a failover or a lost network only delays them. What is kept outlives a reload where the
 * storage does.
 *
 * Invariants
 *  B1 an entry is stored before it is tried                                     (add, attempt)
 *  B2 within an app, nothing is sent before what was added earlier has ended         (next)
 *  B3 an entry of another owner waits until that owner is back                       (next)
 *  B4 at most MOST_ENTRIES open entries of MOST_BYTES together                       (add)
 *
 * Not promised: privacy. Bodies lie in the storage as they are; keep no secrets in it.
 */
import { createKey } from "./key.ts";
import {
  begin,
  isOpen,
  judge,
  type OutboxEntry,
  parseEntries,
  type Tried,
} from "./outbox-entry.ts";

/** Such as `{ read: () => localStorage.getItem("outbox"), write: (text) => ... }`. */
export interface OutboxStorage {
  read(): string | null;
  write(text: string): void;
}

export interface OutboxWrite {
  readonly method?: string;
  readonly body?: string;
  /** Default: application/json, where there is a body. */
  readonly contentType?: string;
  /** Default: the first segment of the path. */
  readonly app?: string;
  readonly label?: string;
  /** One's own; by default a new one is made. */
  readonly key?: string;
}

export interface OutboxOptions {
  /** By default it lasts as long as the page. */
  readonly storage?: OutboxStorage;
  /** Who is signed in now. */
  readonly owner?: () => string | undefined;
}

export interface OutboxPorts {
  readonly send: (path: string, init: RequestInit) => Promise<Response>;
  readonly after: (delayMs: number, run: () => void) => () => void;
  readonly random: () => number;
  readonly wallNow: () => number;
}

export interface Outbox {
  /** Keeps it and tries it; throws a RangeError when the outbox is full. */
  add(path: string, write: OutboxWrite): OutboxEntry;
  /** Oldest first; what has ended stays until it is forgotten. */
  entries(): readonly OutboxEntry[];
  subscribe(listener: () => void): () => void;
  /** Tries now what waits: the app is writable again, or a person asks for it. */
  wake(app?: string): void;
  /** Takes it out; an open one is given up, and may have happened if it was tried. */
  forget(key: string): void;
  close(): void;
}

const MOST_ENTRIES = 100;
const MOST_BYTES = 1024 * 1024;
const MOST_ENDED = 20;
const AGAIN_FIRST_MS = 1_000;
const AGAIN_MOST_MS = 15_000;

export function createOutbox(options: OutboxOptions, ports: OutboxPorts): Outbox {
  const { storage } = options;
  const owner = options.owner ?? (() => undefined);
  const listeners = new Set<() => void>();
  const trying = new Set<string>();
  const waits = new Map<string, { readonly cancel: () => void }>();
  const failures = new Map<string, number>();
  let entries = parseEntries(storage?.read() ?? null);
  let isClosed = false;

  const keep = (next: readonly OutboxEntry[]): void => {
    const ended = next.filter((entry) => !isOpen(entry));
    const dropped = new Set(ended.slice(0, Math.max(0, ended.length - MOST_ENDED)));
    entries = next.filter((entry) => !dropped.has(entry));
    storage?.write(JSON.stringify(entries));
    for (const listener of [...listeners]) listener();
  };
  const replace = (entry: OutboxEntry): void =>
    keep(entries.map((old) => (old.key === entry.key ? entry : old)));

  const attempt = async (entry: OutboxEntry): Promise<void> => {
    const { app, key, path, method, body, contentType } = entry;
    const begunMs = ports.wallNow();
    const begun = begin(entry, begunMs);
    replace(begun);
    if (!isOpen(begun)) return next(app);
    trying.add(app);
    const headers: Record<string, string> = { "idempotency-key": key };
    if (contentType !== undefined) headers["content-type"] = contentType;
    const init: RequestInit = { method, headers, ...(body === undefined ? {} : { body }) };
    const tried = await ports.send(path, init).then(answerOf, noAnswer);
    trying.delete(app);
    const now = entries.find((one) => one.key === key);
    if (now === undefined || isClosed) return next(app);
    const ended = judge(now, tried, begunMs);
    replace(ended);
    if (!isOpen(ended)) {
      failures.delete(app);
      return next(app);
    }
    const failed = (failures.get(app) ?? 0) + 1;
    failures.set(app, failed);
    later(app, Math.min(AGAIN_MOST_MS, AGAIN_FIRST_MS * 2 ** (failed - 1)));
  };

  const later = (app: string, ms: number): void => {
    waits.get(app)?.cancel();
    const cancel = ports.after(ms * (0.5 + ports.random()), () => {
      waits.delete(app);
      next(app);
    });
    waits.set(app, { cancel });
  };

  const next = (app: string): void => {
    if (isClosed || trying.has(app)) return;
    const mine = owner();
    const first = entries.find((one) => one.app === app && isOpen(one) && one.owner === mine);
    if (first !== undefined) void attempt(first);
  };

  const wake = (app?: string): void => {
    for (const id of app === undefined ? new Set(entries.map((one) => one.app)) : [app]) {
      waits.get(id)?.cancel();
      waits.delete(id);
      next(id);
    }
  };

  const outbox: Outbox = {
    add(path, write) {
      const entry = entryOf(path, write, owner(), ports);
      checkRoom(entries, entry);
      if (entries.some(({ key }) => key === entry.key)) return entry;
      keep([...entries, entry]);
      if (!waits.has(entry.app)) next(entry.app);
      return entry;
    },
    entries: () => entries,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    wake,
    forget: (key) => keep(entries.filter((entry) => entry.key !== key)),
    close() {
      isClosed = true;
      for (const { cancel } of waits.values()) cancel();
      waits.clear();
      listeners.clear();
    },
  };
  wake();
  return outbox;
}

function entryOf(
  path: string,
  write: OutboxWrite,
  owner: string | undefined,
  { random, wallNow }: OutboxPorts,
): OutboxEntry {
  if (!path.startsWith("/") || path.startsWith("//")) {
    throw new TypeError(`outbox: the path must start with one slash, got "${path}"`);
  }
  const { method = "POST", body, contentType = "application/json", label } = write;
  return {
    key: write.key ?? createKey(random),
    app: write.app ?? path.split(/[/?#]/, 2)[1] ?? "",
    path,
    method: method.toUpperCase(),
    ...(body === undefined ? {} : { body, contentType }),
    ...(owner === undefined ? {} : { owner }),
    ...(label === undefined ? {} : { label }),
    addedOnMs: wallNow(),
    phase: "queued",
    tries: 0,
  };
}

function checkRoom(entries: readonly OutboxEntry[], entry: OutboxEntry): void {
  const open = entries.filter(isOpen);
  const bytes = [...open, entry].reduce((sum, { body }) => sum + (body?.length ?? 0), 0);
  if (open.length < MOST_ENTRIES && bytes <= MOST_BYTES) return;
  throw new RangeError(
    `outbox: at most ${MOST_ENTRIES} writes of ${MOST_BYTES} bytes together wait, ` +
      `got ${open.length + 1} of ${bytes}; let some be sent first`,
  );
}

async function answerOf(response: Response): Promise<Tried> {
  const location = response.headers.get("location");
  const text = await response.text().catch(() => "");
  let body: Record<string, unknown> = {};
  try {
    body = { ...(JSON.parse(text) as object) };
  } catch {
    // No JSON: the status has to do.
  }
  const { type, detail } = body;
  return {
    kind: "answer",
    status: response.status,
    ...(location === null ? {} : { location }),
    ...(typeof type === "string" ? { problem: type.slice(type.lastIndexOf("/") + 1) } : {}),
    ...(typeof detail === "string" && response.status >= 300 ? { detail } : {}),
  };
}

const noAnswer = (error: unknown): Tried => ({ kind: "none", error });
