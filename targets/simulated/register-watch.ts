/**
 * Invariant I2, seen from above all voters: what was chosen is one chain. *pure*
 *
 * A value is chosen when a majority of a member set has it on disk under one ballot. Per app and
 * version only one change may ever be chosen, and epochs may not fall along versions.
 */
import { MEMBERS } from "../../layers/routing/members.ts";
import type { RoutingRecord } from "../../layers/routing/record.ts";
import type { VoterDisk } from "../../layers/routing/voter-disk.ts";

export class RegisterWatch {
  readonly #votes = new Map<string, Set<string>>();
  readonly #chosen = new Map<string, { changeId: string; epoch: number }>();
  readonly #report: (invariant: string, what: string) => void;
  readonly #votersNeeded: number;

  constructor(voters: number, report: (invariant: string, what: string) => void) {
    this.#votersNeeded = Math.floor(voters / 2) + 1;
    this.#report = report;
  }

  /** What a voter has on disk now. */
  voted(site: string, disk: VoterDisk, register: string): void {
    const accepted = disk.registers[register]?.accepted;
    if (register === MEMBERS || accepted === undefined) return;
    const { ballot } = accepted;
    const record = accepted.value as RoutingRecord;
    const key = `${register} ${ballot.number}.${ballot.site}.${ballot.incarnation}`;
    const votes = this.#votes.get(key) ?? new Set();
    this.#votes.set(key, votes);
    votes.add(site);
    if (votes.size === this.#votersNeeded) this.#choose(register, record);
  }

  #choose(register: string, record: RoutingRecord): void {
    const key = `${register} ${record.version}`;
    const before = this.#chosen.get(key);
    if (before !== undefined && before.changeId !== record.changeId) {
      this.#report("I2", `${key} was chosen as ${before.changeId} and as ${record.changeId}`);
    }
    this.#chosen.set(key, { changeId: record.changeId, epoch: record.epoch });
    const previous = this.#chosen.get(`${register} ${record.version - 1}`);
    if (previous !== undefined && previous.epoch > record.epoch) {
      this.#report("I2", `${register}: epoch fell from ${previous.epoch} to ${record.epoch}`);
    }
  }
}
