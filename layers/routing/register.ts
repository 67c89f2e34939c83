/**
 * One register at one voter: the acceptor of CASPaxos (Rystsov 2018, "CASPaxos: Replicated State
 * Machines without logs"). *pure*
 */
import type { Ballot } from "./ballot.ts";
import type { Accepted, RegisterValue } from "./messages.ts";
import type { RoutingRules } from "./rules.ts";

export interface Register {
  readonly promised?: Ballot;
  readonly accepted?: Accepted;
}

export const EMPTY_REGISTER: Register = {};

/** The register after a promise, or undefined when the ballot is refused. */
export function promise(
  register: Register,
  ballot: Ballot,
  rules: RoutingRules,
): Register | undefined {
  return rules.mayPromise(register.promised, ballot)
    ? { ...register, promised: ballot }
    : undefined;
}

export function accept(
  register: Register,
  ballot: Ballot,
  value: RegisterValue,
  rules: RoutingRules,
): Register | undefined {
  if (!rules.mayAccept(register.promised, ballot)) return undefined;
  return { promised: ballot, accepted: { ballot, value } };
}
