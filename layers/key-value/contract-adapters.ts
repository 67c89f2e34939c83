/**
 * The adapters of the key-value port that run its laws, and what each can do.
 * *contract*, *public*
 *
 * Abilities decide which laws are put to an adapter; the others are no tests of it at all. A run
 * under a name that is not here does not compile, and tools/contracts.test.ts sees that every name
 * is run and that every law is put to somebody.
 */
export interface KeyValueAbilities {
  readonly regions: 1 | 2;
  /** Regions that take writes at the same time. */
  readonly writers: "first" | "all";
  /** `ifAbsent` and `ifVersion` hold; where they could not, they are refused as misuse. */
  readonly conditions: boolean;
}

const ALONE: KeyValueAbilities = { regions: 1, writers: "first", conditions: true };
const ONE_WRITER: KeyValueAbilities = { regions: 2, writers: "first", conditions: true };
const TWO_WRITERS: KeyValueAbilities = { regions: 2, writers: "all", conditions: true };

export const KEY_VALUE_ADAPTERS = {
  "memory store": ALONE,
  "two memory regions that exchange their items": TWO_WRITERS,
  "simulated, active-passive, replicated": ONE_WRITER,
  "simulated, active-passive, local": ONE_WRITER,
  // With a link cut, a `replicated` write waits for the other side: only `local` goes on in both.
  "simulated, active-active, replicated": { ...ONE_WRITER, conditions: false },
  "simulated, active-active, local": { ...TWO_WRITERS, conditions: false },
  "DynamoDB store": ALONE,
} as const satisfies Readonly<Record<string, KeyValueAbilities>>;

export type KeyValueAdapterName = keyof typeof KEY_VALUE_ADAPTERS;
