/**
 * Which key signs access tokens now. *pure*
 *
 * A new key is made when there is none and when the newest is old; old public keys stay, so that a
 * token outlives the change. Kids count up, so that two requests that make a key at once make the
 * same one, and the store's condition lets one of them win.
 */
export const KEY_MS = 30 * 86_400_000;
export const KEYS_KEPT = 24;

export interface KeyAge {
  readonly kid: string;
  readonly createdOnMs: number;
}

export type KeyDecision =
  | { readonly kind: "use"; readonly kid: string }
  | { readonly kind: "create"; readonly kid: string };

/** `keys` in order of their kids. */
export function decideSigningKey(keys: readonly KeyAge[], nowMs: number): KeyDecision {
  const newest = keys.at(-1);
  if (newest === undefined) return { kind: "create", kid: nextKid(keys) };
  if (nowMs - newest.createdOnMs < KEY_MS) return { kind: "use", kid: newest.kid };
  return { kind: "create", kid: nextKid(keys) };
}

export const nextKid = (keys: readonly Pick<KeyAge, "kid">[]): string =>
  kidOf(Number(keys.at(-1)?.kid.slice(1) ?? 0) + 1);

const kidOf = (count: number): string => `k${String(count).padStart(6, "0")}`;
