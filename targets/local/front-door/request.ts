/** A request as the front door carries it. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import type { Access } from "./router.ts";

export interface Request {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly app: string | undefined;
  readonly access: Access;
  readonly isControl: boolean;
  readonly headers: readonly string[];
  readonly body: Buffer | Readable | null;
  /** An event stream is no work for its region, and takes no place in its lane. */
  readonly isEventStream: boolean;
}
