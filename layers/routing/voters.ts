/**
 * Which voters answer a region, and whether they are enough to change anything. *public*, *pure*
 *
 * A voter answers while its last word is no older than a lease is long: the same rule by which a
 * region without a majority gives its leases up.
 *
 * Invariants
 *  V1 before a voter was heard, or given the time to speak, nobody says that it is silent  (look)
 *  V2 a voter that is recovering answers, and counts for no majority                 (Hearing.view)
 */
import type { Instant } from "../../base/clock.ts";
import { isQuorum, type Members, votersOf, WITNESS } from "./members.ts";

export interface VoterView {
  /** A region's id, or "witness". */
  readonly id: string;
  readonly kind: "region" | "witness";
  /** Null before anything is known of it. */
  readonly answers: boolean | null;
  /** Since when, by the wall clock of the region that says so. */
  readonly since: number | null;
  /** It lost its directory, and does not vote until the others have taken it in again. */
  readonly isRecovering?: true;
}

export interface VotersView {
  /** Whether as many voters answer as it takes to change anything; null before that is known. */
  readonly majority: boolean | null;
  readonly voters: readonly VoterView[];
}

export const NO_VOTERS: VotersView = { majority: null, voters: [] };

interface Known {
  readonly answers: boolean;
  readonly since: number;
}

/** What one region hears of the voters, as events and a look at the clock. */
export class Hearing {
  readonly #withinMs: number;
  readonly #known = new Map<string, Known>();
  readonly #recovering = new Set<string>();
  #text = "";

  constructor(withinMs: number) {
    this.#withinMs = withinMs;
  }

  answered(voterId: string, isRecovering: boolean): void {
    if (isRecovering) this.#recovering.add(voterId);
    else this.#recovering.delete(voterId);
  }

  /** `heardAt`: by the monotonic clock; `listensSince`: from when on it could have been heard. */
  look(
    members: Members,
    heardAt: ReadonlyMap<string, number>,
    listensSince: number,
    now: Instant,
  ): void {
    for (const { voterId } of votersOf(members)) {
      const at = heardAt.get(voterId);
      const silentMs = now.mono - (at ?? listensSince);
      const answers = silentMs <= this.#withinMs;
      if (at === undefined && answers) continue;
      if (this.#known.get(voterId)?.answers === answers) continue;
      const since = Math.round(now.wall - (answers ? 0 : silentMs));
      this.#known.set(voterId, { answers, since });
    }
  }

  view(members: Members): VotersView {
    const voters = votersOf(members).map(({ site, voterId }): VoterView => {
      const known = this.#known.get(voterId);
      return {
        id: site,
        kind: site === WITNESS ? "witness" : "region",
        answers: known?.answers ?? null,
        since: known?.since ?? null,
        ...(this.#recovering.has(voterId) ? { isRecovering: true } : {}),
      };
    });
    const votes = (id: string): boolean | undefined =>
      this.#recovering.has(id) ? false : this.#known.get(id)?.answers;
    // What is not known yet may still make a majority.
    const isLost = !isQuorum(members, (id) => votes(id) !== false);
    const isThere = isQuorum(members, (id) => votes(id) === true);
    return { majority: isThere ? true : isLost ? false : null, voters };
  }

  /** The view, where it is another one than the last that was given here. */
  news(members: Members): VotersView | undefined {
    const view = this.view(members);
    const text = JSON.stringify(view);
    if (text === this.#text) return undefined;
    this.#text = text;
    return view;
  }
}

/** Those that do not count now. */
export const missingVoters = ({ voters }: VotersView): readonly VoterView[] =>
  voters.filter(({ answers, isRecovering }) => answers === false || isRecovering === true);

/** Why a command cannot be carried out; undefined while it may be. */
export function noMajorityReason(view: VotersView): string | undefined {
  if (view.majority !== false) return undefined;
  const missing = missingVoters(view).map(({ id }) => id);
  const { length } = view.voters;
  const count = `${missing.length} of ${length} voters do not answer`;
  return `${count} (${missing.join(", ")}): nothing can be changed`;
}
