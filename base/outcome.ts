/**
 * The three ends a write can have. `unknown` is not a kind of failure: the write may have
 * happened, and whoever retries it must make sure that a second copy changes nothing.
 */
export type Outcome<Value, Code extends string = string> =
  | { readonly kind: "ok"; readonly value: Value }
  | { readonly kind: "failed"; readonly code: Code; readonly reason: string }
  | { readonly kind: "unknown"; readonly reason: string };

export const ok = <Value>(value: Value): Outcome<Value, never> => ({ kind: "ok", value });
export const failed = <Code extends string>(code: Code, reason: string): Outcome<never, Code> => ({
  kind: "failed",
  code,
  reason,
});
export const unknown = (reason: string): Outcome<never, never> => ({ kind: "unknown", reason });
