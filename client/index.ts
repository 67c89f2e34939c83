/** `understudy/client`: the smart client. */
export { createClient } from "./client.ts";
export type { Client, ClientEvent, ClientOptions, ClientTimers } from "./client.ts";
export { ClientError } from "./error.ts";
export type { FailCode } from "./decide.ts";
export type { AppState, Region } from "./knowledge.ts";
export type { FetchInit } from "./request.ts";
