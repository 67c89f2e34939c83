/**
 * What a drill writes down, and all that its checkers see. *pure*
 *
 * Times are milliseconds on the drill's monotonic clock, from its start. An operation has three
 * ends: `ok` (acknowledged), `failed` (whoever answered says that nothing happened), `unknown`
 * (it may have happened). A read is ok or failed.
 *
 * A write is recognisable: its `marker` is part of what it writes and of nothing else. A register
 * is a ticket that one user alone changes, one change at a time, with growing values.
 */
export const PATHS = ["client", "front-door"] as const;
/** How a request travels: the smart client straight to the regions, or a bare fetch by the door. */
export type PathName = (typeof PATHS)[number];

export const WRITE_KINDS = ["submit", "again", "change", "comment"] as const;
export const READ_KINDS = ["view", "view-current", "list", "comments"] as const;
export type WriteKind = (typeof WRITE_KINDS)[number];
export type ReadKind = (typeof READ_KINDS)[number];
export type OperationKind = WriteKind | ReadKind;

export interface Operation {
  readonly number: number;
  readonly path: PathName;
  /** One session: what it was acknowledged, it expects to read. */
  readonly user: string;
  readonly kind: OperationKind;
  /** When it was meant to begin; a late load generator shows here. */
  readonly dueMs: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly outcome: "ok" | "failed" | "unknown";
  /** The problem's type, or the client's code; of what is not ok. */
  readonly code?: string;
  readonly status?: number;
  readonly region?: string;
  readonly epoch?: number;
  readonly consistency?: string;
  readonly receipt?: string;
  /** The answer named receipts of this session that the region does not have. */
  readonly missing?: boolean;
  /** The stored answer to the same key: its epoch is that of the first time. */
  readonly replayed?: boolean;
  readonly key?: string;
  readonly marker?: string;
  /** The ticket made, changed, commented or looked at. */
  readonly ticketId?: string;
  /** Of a register: the value written, or the one seen. */
  readonly value?: number;
  /** A look at a single ticket that was not there. */
  readonly absent?: boolean;
}

const WRITES: ReadonlySet<string> = new Set(WRITE_KINDS);

export const isWrite = ({ kind }: Operation): boolean => WRITES.has(kind);

/** Something that was done to the deployment. */
export interface Mark {
  /** Just before it was asked for. */
  readonly atMs: number;
  /** When whoever carried it out said that it was done. */
  readonly doneMs: number;
  readonly round: number;
  /** `fault` is what is measured; `heal` ends it. */
  readonly role: "fault" | "heal";
  readonly what: string;
  readonly sites: readonly string[];
  /** The process of these sites ended and began anew in between. */
  readonly restarted?: boolean;
}

/** One ticket or comment as a region listed it. */
export interface Row {
  readonly id: string;
  /** The ticket that a comment is of. */
  readonly of?: string;
  readonly version: string;
  readonly text: string;
}

/** Where a write was looked for, and whether it was there. */
export interface Sighting {
  readonly marker: string;
  readonly found: boolean;
}

/** What was read back after everything was healed and quiet. */
export interface Readback {
  /** Every row of every region, asked directly, at `stale`. */
  readonly regions: Readonly<Record<string, readonly Row[]>>;
  /** By id, at `current`, through the smart client. */
  readonly byId: readonly Sighting[];
  /** By id after the recovery and before the healing: what was missing here and came is late. */
  readonly beforeHealing: readonly Sighting[];
  /** Why something could not be read; the drill cannot tell then. */
  readonly unread: readonly string[];
}

export interface History {
  readonly operations: readonly Operation[];
  readonly marks: readonly Mark[];
  readonly readback: Readback;
  /** When the load began and ended. */
  readonly fromMs: number;
  readonly untilMs: number;
}
