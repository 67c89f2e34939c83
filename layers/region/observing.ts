/**
 * What the voters say they have accepted, in their answers to renewals: chosen once a quorum names
 * the same ballot. *pure core*
 */
import { sameBallot } from "../routing/ballot.ts";
import { isQuorum, type Members } from "../routing/members.ts";
import type { Accepted } from "../routing/messages.ts";

export class Observing {
  readonly #accepted = new Map<string, Accepted>();

  /** Whether it is now known to be chosen. */
  take(voterId: string, accepted: Accepted, members: Members): boolean {
    this.#accepted.set(voterId, accepted);
    const isSame = (id: string): boolean =>
      sameBallot(this.#accepted.get(id)?.ballot, accepted.ballot);
    return isQuorum(members, isSame);
  }

  /** A record was learned: what was accepted before it says nothing more. */
  forget(): void {
    this.#accepted.clear();
  }
}
