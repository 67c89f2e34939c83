/**
 * Hysteresis: one bad answer makes nobody ill, one good answer makes nobody well. *pure*
 *
 *   healthy --`failures` bad ones in a row--> unhealthy --`successes` good ones in a row--> healthy
 */
export interface HealthTerms {
  /** Bad results in a row that make ill. */
  readonly failures: number;
  /** Good results in a row that make well again. */
  readonly successes: number;
}

export interface Health {
  readonly healthy: boolean;
  /** How many results in a row spoke against the present state. */
  readonly against: number;
}

export const DEFAULT_HEALTH_TERMS: HealthTerms = { failures: 3, successes: 2 };
export const HEALTHY: Health = { healthy: true, against: 0 };

export function nextHealth(health: Health, isGood: boolean, terms: HealthTerms): Health {
  if (isGood === health.healthy) return { healthy: health.healthy, against: 0 };
  const against = health.against + 1;
  const needed = health.healthy ? terms.failures : terms.successes;
  return against >= needed ? { healthy: isGood, against: 0 } : { healthy: health.healthy, against };
}
