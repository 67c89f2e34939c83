/**
 * Which voters answer, as the regions say it. *shell*
 *
 * Every living region is asked, and the one that hears most voters counts: a region that is cut off
 * hears only its own.
 */
import type { VotersView, VoterView } from "../../../layers/routing/voters.ts";
import type { RegionAddress } from "./observed-apps.ts";

export interface ObservedVoters {
  /** Null where no region can tell. */
  readonly majority: boolean | null;
  readonly voters: readonly VoterView[];
  /** The region that says so. */
  readonly votersSeenBy: string | null;
}

async function ask({ url }: RegionAddress, limitMs: number): Promise<VotersView | null> {
  try {
    const response = await fetch(new URL("/routing/voters", url), {
      signal: AbortSignal.timeout(limitMs),
    });
    const told = (await response.json()) as Partial<VotersView>;
    // A region of the version before has no such list.
    const { majority = null, voters } = told;
    return response.ok && Array.isArray(voters) ? { majority, voters } : null;
  } catch {
    return null;
  }
}

export async function observeVoters(
  regions: readonly RegionAddress[],
  limitMs: number,
): Promise<ObservedVoters> {
  const told = await Promise.all(
    regions.map(async (region) => ({ id: region.id, view: await ask(region, limitMs) })),
  );
  return mostHeard(told);
}

const heardBy = ({ voters }: VotersView): number =>
  voters.filter(({ answers }) => answers === true).length;

/** Pure part of observeVoters. */
export function mostHeard(
  told: readonly { readonly id: string; readonly view: VotersView | null }[],
): ObservedVoters {
  let best: { readonly id: string; readonly view: VotersView } | undefined;
  for (const { id, view } of told) {
    if (view === null) continue;
    if (best === undefined || heardBy(view) > heardBy(best.view)) best = { id, view };
  }
  if (best === undefined) return { majority: null, voters: [], votersSeenBy: null };
  const { majority, voters } = best.view;
  return { majority, voters, votersSeenBy: best.id };
}
