/**
 * A write that is kept until it is known what became of it, and what each try makes of it. *pure*
 *
 *   queued --try--> sent --acknowledged--> confirmed
 *     ^              |  \--refused for good--> refused
 *     +--not now-----+
 *
 * `sent` means that an attempt left and nobody said what came of it: it may have happened, and the
 * key makes another try harmless. After a refusal that says that nothing happened it is queued
 * again.
 *
 * Invariants
 *  O1 a confirmed or refused entry is never tried again                    (isOpen, its callers)
 *  O2 only an answer below 300 confirms; only one that another try cannot change refuses (judge)
 *  O3 one that may have happened is not sent again when its key may count as new     (begin)
 */
import { KEY_KEPT_MS } from "../base/idempotency.ts";
import { ClientError } from "./error.ts";

export type OutboxPhase = "queued" | "sent" | "confirmed" | "refused";

export interface OutboxEntry {
  /** The Idempotency-Key of every try. */
  readonly key: string;
  readonly app: string;
  readonly path: string;
  readonly method: string;
  readonly body?: string;
  readonly contentType?: string;
  /** Whose write it is: it is sent for nobody else. */
  readonly owner?: string;
  /** For people: what it is. */
  readonly label?: string;
  /** Wall clock. */
  readonly addedOnMs: number;
  readonly phase: OutboxPhase;
  readonly tries: number;
  /** Wall clock before the first try that may have done it. */
  readonly unsureSinceMs?: number;
  /** Of the last answer. */
  readonly status?: number;
  /** Why it waits, or was refused. */
  readonly reason?: string;
  /** Where what it made is, once confirmed. */
  readonly location?: string;
}

export const isOpen = ({ phase }: OutboxEntry): boolean => phase === "queued" || phase === "sent";

/** What a try came to. */
export type Tried =
  | {
      readonly kind: "answer";
      readonly status: number;
      /** Last part of a problem's type. */
      readonly problem?: string;
      readonly detail?: string;
      readonly location?: string;
    }
  | { readonly kind: "none"; readonly error: unknown };

/** Answers that say nothing about the write itself: it is kept. */
const NOT_NOW: ReadonlySet<number> = new Set([401, 408, 425, 429]);

/** So long before a key counts as new, an entry that may have happened is given up. */
const MARGIN_MS = 60 * 60 * 1000;

/**
 * The entry as it is tried now; refused where a try could make it happen twice, because it may have
 * happened so long ago that its key is not remembered (O3).
 */
export function begin(entry: OutboxEntry, nowMs: number): OutboxEntry {
  const isUnsure = entry.phase === "sent";
  const since = entry.unsureSinceMs ?? (isUnsure ? entry.addedOnMs : undefined);
  if (since === undefined || nowMs - since < KEY_KEPT_MS - MARGIN_MS) {
    // What was refused is queued for a person until it is known to have got further.
    const phase = entry.tries === 0 ? "sent" : entry.phase;
    return { ...entry, phase, tries: entry.tries + 1, unsureSinceMs: since ?? nowMs };
  }
  const reason = "it may have happened a day ago, and its key is not kept for longer: look first";
  return { ...entry, phase: "refused", reason };
}

/** `begunMs`: the wall clock before the try. */
export function judge(entry: OutboxEntry, tried: Tried, begunMs: number): OutboxEntry {
  const judged = judgeAnswer(entry, tried);
  // Certain, and so were all tries before: nothing happened.
  if (judged.phase === "sent" || judged.unsureSinceMs !== begunMs) return judged;
  const { unsureSinceMs: _, ...certain } = judged;
  return certain;
}

function judgeAnswer(entry: OutboxEntry, tried: Tried): OutboxEntry {
  if (tried.kind === "none") {
    const { error } = tried;
    const isCertain = error instanceof ClientError && error.code === "unavailable";
    const reason = error instanceof Error ? error.message : String(error);
    return { ...entry, phase: isCertain ? "queued" : "sent", reason };
  }
  const { status, problem, detail, location } = tried;
  const told = { ...entry, status, ...(detail === undefined ? {} : { reason: detail }) };
  if (status < 300) {
    const { reason: _old, ...rest } = told;
    return { ...rest, phase: "confirmed", ...(location === undefined ? {} : { location }) };
  }
  if (status === 504 || problem === "outcome-unknown") return { ...told, phase: "sent" };
  if (status >= 500 || NOT_NOW.has(status)) return { ...told, phase: "queued" };
  return { ...told, phase: "refused" };
}

/** What was stored; anything that is no entry is left out. */
export function parseEntries(text: string | null): readonly OutboxEntry[] {
  if (text === null) return [];
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isEntry) : [];
  } catch {
    return [];
  }
}

function isEntry(value: unknown): value is OutboxEntry {
  const { key, app, path, method, phase } = (value ?? {}) as Record<string, unknown>;
  const texts = [key, app, path, method].every((text) => typeof text === "string");
  return texts && ["queued", "sent", "confirmed", "refused"].includes(String(phase));
}
