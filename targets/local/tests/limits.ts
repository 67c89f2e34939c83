/** Limits of tests with real processes, as long as this machine needs. *for tests* */

/** Set by vitest.config.ts: how much slower this machine is than the reference one; 1 or more. */
export const SLOWNESS = "UNDERSTUDY_TEST_SLOWNESS";

/** What is ample on the reference machine, on this one. */
export function ampleMs(referenceMs: number): number {
  const slowness = Number(process.env[SLOWNESS]);
  return Math.round(referenceMs * (slowness >= 1 ? slowness : 1));
}
