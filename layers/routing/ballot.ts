/**
 * Ballots of the register: (number, site, incarnation), compared in that order. *pure*
 *
 * The incarnation makes a ballot unique for ever: it grows with each start of a process and is on
 * disk before the process says anything, so a restarted proposer never reuses one of its ballots.
 */
export interface Ballot {
  readonly number: number;
  readonly site: string;
  readonly incarnation: number;
}

export function compareBallots(a: Ballot, b: Ballot): number {
  if (a.number !== b.number) return a.number - b.number;
  if (a.site !== b.site) return a.site < b.site ? -1 : 1;
  return a.incarnation - b.incarnation;
}

export const sameBallot = (a: Ballot | undefined, b: Ballot | undefined): boolean =>
  a !== undefined && b !== undefined && compareBallots(a, b) === 0;
