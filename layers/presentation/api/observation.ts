/**
 * What the last answer of each app said about where it came from. *pure core + shell*
 *
 * Components read it through `useObservation`; the request layer is the only writer.
 */
export interface Observation {
  readonly region: string | undefined;
  readonly epoch: number | undefined;
  /** `current`, `leased` or `stale`; of the last read. */
  readonly consistency: string | undefined;
  readonly dataAgeMs: number | undefined;
  /** How many of this tab's own writes the region said it does not have yet. */
  readonly missing: number;
}

export const NOTHING_OBSERVED: Observation = {
  region: undefined,
  epoch: undefined,
  consistency: undefined,
  dataAgeMs: undefined,
  missing: 0,
};

const numberOf = (value: string | null): number | undefined => {
  if (value === null || value.trim() === "") return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
};

/** Epochs begin at 1; 0 stands on answers that are no app's, such as `/routing/`. */
const epochOf = (value: string | null): number | undefined => numberOf(value) || undefined;

/** The observation after one more answer; a write does not change what is known about reads. */
export function observe(before: Observation, headers: Headers, isRead: boolean): Observation {
  const region = headers.get("Understudy-Region");
  if (region === null) return before;
  const missing = (headers.get("Understudy-Missing") ?? "").split(",").filter(Boolean).length;
  const consistency = headers.get("Understudy-Consistency");
  return {
    region,
    epoch: epochOf(headers.get("Understudy-Epoch")) ?? before.epoch,
    ...(isRead && consistency !== null
      ? { consistency, dataAgeMs: numberOf(headers.get("Understudy-Data-Age")), missing }
      : { consistency: before.consistency, dataAgeMs: before.dataAgeMs, missing: before.missing }),
  };
}

const same = (a: Observation, b: Observation): boolean =>
  a.region === b.region &&
  a.epoch === b.epoch &&
  a.consistency === b.consistency &&
  a.dataAgeMs === b.dataAgeMs &&
  a.missing === b.missing;

export interface Observations {
  of(app: string): Observation;
  note(app: string, headers: Headers, isRead: boolean): void;
  subscribe(listener: () => void): () => void;
}

export function createObservations(): Observations {
  const byApp = new Map<string, Observation>();
  const listeners = new Set<() => void>();
  return {
    of: (app) => byApp.get(app) ?? NOTHING_OBSERVED,
    note(app, headers, isRead) {
      const before = byApp.get(app) ?? NOTHING_OBSERVED;
      const after = observe(before, headers, isRead);
      if (same(before, after)) return;
      byApp.set(app, after);
      for (const listener of listeners) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
