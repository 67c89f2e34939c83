/**
 * The two kinds of error that are not bugs. Bugs are assertions (assert.ts) and keep their stack.
 * Nothing may match on message text: operating errors are told apart by `code`.
 */

/** Something outside went wrong. The code says what, `retryable` whether a retry is safe. */
export class OperatingError<Code extends string = string> extends Error {
  override readonly name = "OperatingError";
  readonly code: Code;
  /** True only when a second attempt cannot do harm. */
  readonly retryable: boolean;

  constructor(code: Code, message: string, options: { retryable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
  }
}

/** A person gave us something we cannot use: what was wrong, the value got, and the fix. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly what: string;
  readonly got: unknown;
  readonly fix: string;

  constructor(problem: { what: string; got: unknown; fix: string }) {
    super(`${problem.what}: got ${showValue(problem.got)}. ${problem.fix}`);
    this.what = problem.what;
    this.got = problem.got;
    this.fix = problem.fix;
  }
}

const SHOWN_LENGTH = 200;

/** A value as a person would recognise it, bounded, whatever it is. */
export function showValue(value: unknown): string {
  let text: string;
  if (value === undefined) text = "nothing";
  else if (typeof value === "function") text = "a function";
  else if (typeof value === "bigint" || typeof value === "symbol") text = String(value);
  else if (typeof value === "number") text = String(value);
  else {
    try {
      text = JSON.stringify(value) ?? String(value);
    } catch {
      text = "a value that cannot be shown";
    }
  }
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text;
}

/** What reaches a person: one message for what is not a bug, the stack for what is. */
export function explainError(error: unknown): string {
  if (error instanceof ConfigurationError) return error.message;
  if (error instanceof OperatingError) {
    const advice = error.retryable ? " It is safe to try again." : "";
    return `${error.message} (${error.code}).${advice}`;
  }
  if (error instanceof Error) return error.stack ?? `${error.name}: ${error.message}`;
  return showValue(error);
}
