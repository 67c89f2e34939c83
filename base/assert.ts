/** Assertions stay on in production: a process that no longer knows its own state must stop. */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message);
}

/**
 * An app's code asks the platform for what cannot be: a bug of that code, never a fault of the
 * client that sent the request. It is thrown, so that no route can pass it on to a client: the
 * answer is a 500, and the log has the stack, which leads to the call. The message says what was
 * wrong.
 */
export class MisuseError extends Error {
  override readonly name = "MisuseError";
}

/** The value, which the caller knows to be there. */
export function must<Value>(value: Value | undefined | null, message: string): Value {
  if (value === undefined || value === null) throw new AssertionError(message);
  return value;
}

/** For the branch that the types say cannot be reached. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`);
}
