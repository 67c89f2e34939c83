/** A bench that measured nothing has failed, whatever it would print. *shell* */

/** Throws where fewer of `what` were counted than a result needs. */
export function mustMeasure(what: string, count: number, atLeast = 1): void {
  if (count >= atLeast) return;
  throw new Error(`nothing was measured: ${count} ${what}, at least ${atLeast} are needed`);
}
