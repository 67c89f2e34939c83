/**
 * The front door: one origin for browsers, in front of all regions. *composition*
 *
 *   client --> node:http --> router (which region?) --> undici pool of that region
 *                              ^ records pushed by every region, refusals, conditions
 *
 * Parts: router.ts decides, follower.ts and conditions.ts tell it what is, forward.ts carries one
 * request, door.ts is what requests share.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigurationError } from "../../../base/errors.ts";
import { type Log, silentLog } from "../../../layers/api/log.ts";
import type { LinkFaults } from "../link/fault.ts";
import { takeBody } from "./body.ts";
import { createDoor, type Door, type Limits } from "./door.ts";
import { Exchange } from "./forward.ts";
import { requestHeaders } from "./headers.ts";
import { answerProblem } from "./problem.ts";
import { type Access, type RegionRef, routeOf, type Table } from "./router.ts";

export interface FrontDoorOptions {
  readonly host?: string;
  /** 0: a free one. */
  readonly port: number;
  /** Nearest first. */
  readonly regions: readonly RegionRef[];
  /** Whether to follow the routing record by push; default true. */
  readonly follow?: boolean;
  /** What answers `/control/*`. */
  readonly controlUrl?: string;
  readonly limits?: Partial<Limits>;
  readonly log?: Log;
}

export interface FrontDoor {
  readonly url: string;
  readonly port: number;
  /** What it knows now, for a status page. */
  table(): Table;
  setRegions(regions: readonly RegionRef[]): void;
  setFaults(faults: LinkFaults): void;
  /** Open requests are finished within `drainMs`; event streams end at once. */
  close(): Promise<void>;
}

const HEADER_BYTES = 32 * 1024;
const HEADERS_MS = 10_000;
const KEEP_ALIVE_MS = 15_000;
const MOST_SOCKETS = 16_000;
/** How often heads that are late are looked for: connections that say nothing end as soon. */
const LATE_LOOK_MS = 2_000;
const DRAIN_LOOK_MS = 20;
const SLOWEST_BYTES_PER_MS = 16;
const LARGEST_BYTES = 8 * 1024 * 1024 * 1024;

export async function startFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const door = createDoor({
    ...options,
    follow: options.follow ?? true,
    log: options.log ?? silentLog,
  });
  const streams = new Set<ServerResponse>();
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES,
      headersTimeout: HEADERS_MS,
      connectionsCheckingInterval: LATE_LOOK_MS,
      // A large upload may take long; its silence is what is bounded (limits.bodyIdleMs).
      requestTimeout: 0,
      keepAliveTimeout: KEEP_ALIVE_MS,
      noDelay: true,
    },
    (request, response) => {
      if (request.headers.accept === "text/event-stream") {
        streams.add(response);
        response.once("close", () => streams.delete(response));
      }
      handle(door, request, response);
    },
  );
  server.maxConnections = MOST_SOCKETS;
  const host = options.host ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    server.once(
      "error",
      (error) => void door.close().then(() => reject(cannotListen(error, options))),
    );
    server.listen(options.port, host, () => resolve());
  });
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;

  const close = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeIdleConnections();
    for (const stream of streams) stream.destroy();
    // A connection is idle, and may be closed, as soon as its last answer has left.
    const idle = setInterval(() => server.closeIdleConnections(), DRAIN_LOOK_MS);
    const drained = setTimeout(() => server.closeAllConnections(), door.limits.drainMs);
    await closed;
    clearInterval(idle);
    clearTimeout(drained);
    await door.close();
  };
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    table: () => door.table,
    setRegions: (regions) => door.setRegions(regions),
    setFaults: (faults) => door.setFaults(faults),
    close: () => (closing ??= close()),
  };
}

function cannotListen(error: Error, { port }: FrontDoorOptions): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== "EADDRINUSE" && code !== "EACCES") return error;
  return new ConfigurationError({
    what: code === "EACCES" ? "the port may not be used" : "the port is in use",
    got: port,
    fix: "Choose another one with --port, or 0 for a free one.",
  });
}

function handle(door: Door, request: IncomingMessage, response: ServerResponse): void {
  if (door.pending.size >= door.limits.mostPending) {
    return answerProblem(response, "busy", "too many requests are open");
  }
  const route = routeOf(request.url ?? "/");
  const isControl = route.kind === "control";
  if (isControl && door.control === undefined) {
    return answerProblem(response, "unavailable", "this front door has no supervisor behind it");
  }
  const { method } = request;
  const isSafe = method === "GET" || method === "HEAD" || method === "OPTIONS";
  // Which region a command is carried out by may depend on which one is asked: one is.
  const isCommand = !isSafe && request.url?.startsWith("/routing/") === true;
  const hasKey = request.headers["idempotency-key"] !== undefined;
  const isKeyed = !isSafe && !isControl && !isCommand && hasKey;
  const headers = requestHeaders(request.rawHeaders, {
    address: request.socket.remoteAddress ?? "",
    host: request.headers.host ?? "",
    proto: "http",
  });
  if (!isSafe) limitIdle(request, response, door.limits.bodyIdleMs);
  const isRepeatable = (isSafe || isKeyed) && reserve(door, request, response);
  takeBody(request, isRepeatable, door.limits.replayBytes, ({ body, isKept }) => {
    const isBare = isControl || !isKept || !(isSafe || isKeyed);
    const access: Access = isBare ? "bare" : isSafe ? "read" : "keyed";
    const app = route.kind === "region" ? route.app : undefined;
    const isEventStream = request.headers.accept === "text/event-stream";
    const of = { request, response, app, access, isControl, headers, body, isEventStream };
    new Exchange(door, of).start();
  });
}

/** Whether there is room to keep the body; without room it streams, and is sent once. */
function reserve(door: Door, request: IncomingMessage, response: ServerResponse): boolean {
  const isChunked = request.headers["transfer-encoding"] !== undefined;
  const { replayBytes, mostKeptBytes } = door.limits;
  const bytes = isChunked ? replayBytes : Number(request.headers["content-length"] ?? 0);
  if (bytes === 0 || bytes > replayBytes) return true;
  if (door.keptBytes + bytes > mostKeptBytes) return false;
  door.keptBytes += bytes;
  response.once("close", () => {
    door.keptBytes -= bytes;
  });
  return true;
}

/**
 * A body that stops arriving ends its connection: a slow client must not hold a place for ever. One
 * that trickles would, a byte before each time-out; so its whole has a limit as well.
 */
function limitIdle(request: IncomingMessage, response: ServerResponse, idleMs: number): void {
  if (request.complete) return;
  const late = (detail: string) => (): void => {
    if (request.complete) return;
    answerProblem(response, "timed-out", detail);
    response.once("close", () => request.socket.destroy());
  };
  request.setTimeout(idleMs, late(`nothing of the body arrived for ${idleMs} ms`));
  const bytes = Number(request.headers["content-length"] ?? LARGEST_BYTES);
  const wholeMs = idleMs + Math.min(bytes, LARGEST_BYTES) / SLOWEST_BYTES_PER_MS;
  const whole = setTimeout(late(`the body took longer than ${Math.ceil(wholeMs)} ms`), wholeMs);
  // Not on a later `close`: the server has set its own time-out for an idle connection by then.
  request.once("end", () => request.setTimeout(0));
  for (const event of ["end", "close"]) request.once(event, () => clearTimeout(whole));
}
