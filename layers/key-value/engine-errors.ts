/** What an engine throws from `transact`; nothing of the transaction is left behind. */

/** No room: the disk, or the bounded space for what is not on disk yet. May pass. */
export class EngineFullError extends Error {
  override readonly name = "EngineFullError";
}

/** Another process has opened the store: this one must end. Never passes. */
export class EngineSupersededError extends Error {
  override readonly name = "EngineSupersededError";
}

/** The engine was closed. */
export class EngineClosedError extends Error {
  override readonly name = "EngineClosedError";
}
