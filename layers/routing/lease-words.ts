/** The words by which a deployment says how long its leases are (LEASE_PROFILES). *public* */
export const LEASE_WORDS = ["default", "calm"] as const;
export type LeaseWord = (typeof LEASE_WORDS)[number];

export const isLeaseWord = (word: unknown): word is LeaseWord =>
  LEASE_WORDS.some((known) => known === word);
