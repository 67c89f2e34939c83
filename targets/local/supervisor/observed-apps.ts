/**
 * What the regions say of their apps, put together. *shell*
 *
 * Every living region is asked, and of each app the view with the highest version counts, that of
 * a serving region first: it alone knows how far the others are behind it.
 */
import type { SentLateCounts, SentStanding } from "../../../layers/api/routing-view.ts";
import type { JournalRow } from "../../../layers/routing/pause.ts";
import type { HomeView, TakeoverView } from "../../../layers/routing/port.ts";
import type { UnknownReason } from "../../../layers/routing/standing.ts";

export interface ObservedApp {
  readonly app: string;
  readonly mode: string;
  readonly state: string;
  readonly phase: string;
  readonly epoch: number;
  readonly version: number;
  readonly primary: string;
  readonly servingRegions: readonly string[];
  readonly inSyncRegions: readonly string[];
  readonly durability: string;
  readonly lag: SentStanding["lag"];
  readonly writesAtRisk: number | null;
  /** Why a number is null. */
  readonly unknown?: UnknownReason;
  /** What was beyond cuts; absent where no region of this version tells. */
  readonly lateWrites?: SentLateCounts;
  /** Where it moved last, why, and how long writes paused; absent as before. */
  readonly lastMove?: JournalRow | null;
  /** By name, of an app that has homes; absent as before. */
  readonly homes?: Readonly<Record<string, HomeView>>;
  readonly policy: string;
  readonly minInSync: number;
  readonly objectives: { readonly rtoMs: number; readonly rpoMs: number };
  /** The takeover step that keeps writes out; null where none does. */
  readonly takeover: TakeoverView;
  /** A serving region says that it may write, or an operator has fenced the app. */
  readonly isSettled: boolean;
}

type AppAsTold = Omit<ObservedApp, "isSettled"> & { readonly holdsLease?: boolean };

export interface RegionAddress {
  readonly id: string;
  readonly url: string;
}

/** Null when the region does not answer in time, or with something else. */
async function ask(url: string, limitMs: number): Promise<readonly AppAsTold[] | null> {
  try {
    const response = await fetch(new URL("/routing/apps", url), {
      signal: AbortSignal.timeout(limitMs),
      headers: { accept: "application/json" },
    });
    if (!response.ok) return null;
    const body = (await response.json()) as { items?: AppAsTold[] } | AppAsTold[];
    return Array.isArray(body) ? body : (body.items ?? null);
  } catch {
    return null;
  }
}

export const answersApps = async (url: string, limitMs: number): Promise<boolean> =>
  (await ask(url, limitMs)) !== null;

export async function observeApps(
  regions: readonly RegionAddress[],
  limitMs: number,
): Promise<readonly ObservedApp[]> {
  const answers = await Promise.all(
    regions.map(async ({ id, url }) => ({ id, apps: (await ask(url, limitMs)) ?? [] })),
  );
  return combine(answers);
}

/** Pure part of observeApps. */
export function combine(
  answers: readonly { readonly id: string; readonly apps: readonly AppAsTold[] }[],
): readonly ObservedApp[] {
  const best = new Map<string, { view: AppAsTold; serves: boolean; isSettled: boolean }>();
  for (const { id, apps } of answers) {
    for (const view of apps) {
      const serves = view.servingRegions.includes(id);
      const isSettled = view.phase === "fenced" || (serves && view.holdsLease !== false);
      const known = best.get(view.app);
      const isNewer = known === undefined || view.version > known.view.version;
      const isCloser = view.version === known?.view.version && serves && !known.serves;
      if (isNewer) best.set(view.app, { view, serves, isSettled });
      else if (isCloser)
        best.set(view.app, { view, serves, isSettled: isSettled || known.isSettled });
    }
  }
  return [...best.values()].map(({ view, isSettled }) => {
    const { holdsLease: _, ...told } = view;
    return { ...told, isSettled };
  });
}
