/** `understudy/client`: the smart client. */

export type { Client, ClientEvent, ClientOptions, ClientTimers } from "./client.ts";
export { createClient } from "./client.ts";
export type { FailCode } from "./decide.ts";
export { ClientError } from "./error.ts";
export type { AppState, Region } from "./knowledge.ts";
export {
  createOutbox,
  type Outbox,
  type OutboxOptions,
  type OutboxPorts,
  type OutboxStorage,
  type OutboxWrite,
} from "./outbox.ts";
export type { OutboxEntry, OutboxPhase } from "./outbox-entry.ts";
export type { FetchInit } from "./request.ts";
