/**
 * Invariant I2, seen from above all voters: what was chosen is one chain. *pure*
 *
 * A value is chosen when those voters have it on disk under one ballot that the member list of its
 * round asks for. Per register and version only one change may ever be chosen, and epochs may not
 * fall along versions. The member list is such a register too.
 */
import type { Ballot } from "../../layers/routing/ballot.ts";
import { isQuorum, MEMBERS, type Members } from "../../layers/routing/members.ts";
import type { RegisterValue } from "../../layers/routing/messages.ts";
import type { RoutingRecord } from "../../layers/routing/record.ts";
import type { VoterDisk } from "../../layers/routing/voter-disk.ts";

export class RegisterWatch {
  readonly #votes = new Map<string, Set<string>>();
  readonly #lists = new Map<string, Members>();
  readonly #chosen = new Map<string, { changeId: string; epoch: number }>();
  readonly #report: (invariant: string, what: string) => void;

  constructor(report: (invariant: string, what: string) => void) {
    this.#report = report;
  }

  /** Which voters count in a round. */
  proposed(register: string, ballot: Ballot, members: Members): void {
    const key = keyOf(register, ballot);
    if (!this.#lists.has(key)) this.#lists.set(key, members);
  }

  /** What a voter has on disk now. */
  voted(_site: string, disk: VoterDisk, register: string): void {
    const accepted = disk.registers[register]?.accepted;
    if (accepted === undefined) return;
    const key = keyOf(register, accepted.ballot);
    const members = this.#lists.get(key);
    if (members === undefined) return;
    const votes = this.#votes.get(key) ?? new Set();
    this.#votes.set(key, votes);
    votes.add(disk.identity.voterId);
    const has = (voterId: string): boolean => votes.has(voterId);
    const next = register === MEMBERS ? (accepted.value as Members) : members;
    if (isQuorum(members, has) && isQuorum(next, has)) this.#choose(register, accepted.value);
  }

  #choose(register: string, value: RegisterValue): void {
    const { version, changeId } = value;
    const epoch = register === MEMBERS ? 0 : (value as RoutingRecord).epoch;
    const key = `${register} ${version}`;
    const before = this.#chosen.get(key);
    if (before !== undefined && before.changeId !== changeId) {
      this.#report("I2", `${key} was chosen as ${before.changeId} and as ${changeId}`);
    }
    this.#chosen.set(key, { changeId, epoch });
    const previous = this.#chosen.get(`${register} ${version - 1}`);
    if (previous !== undefined && previous.epoch > epoch) {
      this.#report("I2", `${register}: epoch fell from ${previous.epoch} to ${epoch}`);
    }
  }
}

const keyOf = (register: string, { number, site, incarnation }: Ballot): string =>
  `${register} ${number}.${site}.${incarnation}`;
