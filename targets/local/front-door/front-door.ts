/**
 * The front door: one origin for browsers, in front of all regions. *composition*
 *
 *   client --> node:http --> router (which region?) --> undici pool of that region
 *                              ^ records pushed by every region, refusals, conditions
 *
 * Parts: router.ts decides, follower.ts and conditions.ts tell it what is, forward.ts carries one
 * request, door.ts is what requests share.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ConfigurationError } from "../../../base/errors.ts";
import { type Entrance, NO_ENTRANCE } from "../../../layers/api/entrance.ts";
import { type Log, silentLog } from "../../../layers/api/log.ts";
import { PROXY_TOKEN } from "../http/own-proxy.ts";
import { createHttpServer, EVENT_STREAM } from "../http/server.ts";
import type { LinkFaults } from "../link/fault.ts";
import { takeBody } from "./body.ts";
import { createDoor, type Door, type Limits } from "./door.ts";
import { createOriginOf, type OriginOf } from "./entrance.ts";
import { Exchange } from "./forward.ts";
import { headerOf, requestHeaders } from "./headers.ts";
import { answerProblem, FRONT_DOOR } from "./problem.ts";
import type { Request } from "./request.ts";
import {
  type Access,
  type Condition,
  conditionOf,
  type RegionRef,
  routeOf,
  type Table,
} from "./router.ts";
import { createStandIn, type StandIn } from "./stand-in.ts";

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
  /** What stands before it; default: nothing. */
  readonly entrance?: Entrance;
  /** Shown to regions, so that they believe what it says of clients (http/own-proxy.ts). */
  readonly proxyToken?: string;
  /** The built pages, for people who come while no region answers. */
  readonly webRoot?: string | undefined;
  readonly log?: Log;
}

export interface FrontDoor {
  readonly url: string;
  readonly port: number;
  /** What it knows now, for a status page. */
  table(): Table;
  setRegions(regions: readonly RegionRef[]): void;
  setFaults(faults: LinkFaults): void;
  setEntrance(entrance: Entrance): void;
  /** Open requests are finished within `drainMs`; event streams end at once. */
  close(): Promise<void>;
}

const KEEP_ALIVE_MS = 15_000;
const MOST_SOCKETS = 16_000;
const DRAIN_LOOK_MS = 20;
const PAGE_LIMIT_MS = 8_000;
const PAGE_SILENCE_MS = 2_000;
const PAGE_LOOK_MS = 50;

export async function startFrontDoor(options: FrontDoorOptions): Promise<FrontDoor> {
  const door = createDoor({
    ...options,
    follow: options.follow ?? true,
    log: options.log ?? silentLog,
  });
  let originOf = createOriginOf(options.entrance ?? NO_ENTRANCE);
  const shown = options.proxyToken === undefined ? [] : [PROXY_TOKEN, options.proxyToken];
  const { webRoot } = options;
  const origins = (): readonly string[] => door.table.regions.map(({ url }) => new URL(url).origin);
  const standIn = webRoot === undefined ? undefined : createStandIn(webRoot, origins);
  const streams = new Set<ServerResponse>();
  const server = createHttpServer({
    name: FRONT_DOOR,
    keepAliveMs: KEEP_ALIVE_MS,
    bodyIdleMs: door.limits.bodyIdleMs,
    answer: (request, response) => {
      if (request.headers.accept === EVENT_STREAM) {
        streams.add(response);
        response.once("close", () => streams.delete(response));
      }
      handle(door, { request, response, originOf, shown, standIn });
    },
  });
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
    url: urlOf(host, port),
    port,
    table: () => door.table,
    setRegions: (regions) => door.setRegions(regions),
    setFaults: (faults) => door.setFaults(faults),
    setEntrance: (entrance) => {
      originOf = createOriginOf(entrance);
    },
    close: () => (closing ??= close()),
  };
}

/** Where this machine reaches it. */
function urlOf(host: string, port: number): string {
  const reached = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reached.includes(":") ? `[${reached}]` : reached}:${port}`;
}

function cannotListen(error: Error, { port, host }: FrontDoorOptions): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EADDRNOTAVAIL" || code === "EINVAL") {
    return new ConfigurationError({
      what: "this machine does not have the address",
      got: host,
      fix: "Give one of its own with --host, or 0.0.0.0 for all of them.",
    });
  }
  if (code !== "EADDRINUSE" && code !== "EACCES") return error;
  return new ConfigurationError({
    what: code === "EACCES" ? "the port may not be used" : "the port is in use",
    got: port,
    fix: "Choose another one with --port, or 0 for a free one.",
  });
}

interface Arrived {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly originOf: OriginOf;
  /** Added to what every region gets. */
  readonly shown: readonly string[];
  readonly standIn: StandIn | undefined;
}

function handle(door: Door, arrived: Arrived): void {
  const { request, response, originOf, shown, standIn } = arrived;
  if (door.pending.size >= door.limits.mostPending) {
    return answerProblem(response, "busy", "too many requests are open");
  }
  const route = routeOf(request.url ?? "/");
  const isControl = route.kind === "control";
  if (isControl && door.control === undefined) {
    return answerProblem(response, "unavailable", "this front door has no supervisor behind it");
  }
  const headers = requestHeaders(request.rawHeaders, originOf(request));
  if (!isControl) headers.push(...shown);
  const { method } = request;
  const isSafe = method === "GET" || method === "HEAD" || method === "OPTIONS";
  // Which region a command is carried out by may depend on which one is asked: one is.
  const isCommand = !isSafe && request.url?.startsWith("/routing/") === true;
  // What counts is what the region gets: a key that is not handed on protects nothing.
  const hasKey = headerOf(headers, "idempotency-key") !== undefined;
  const isKeyed = !isSafe && !isControl && !isCommand && hasKey;
  const isEventStream = headerOf(headers, "accept") === EVENT_STREAM;
  const most = isSafe || isKeyed ? door.limits.replayBytes : undefined;
  takeBody(request, { most, account: keepingFor(door, response) }, ({ body, isKept }) => {
    const isBare = isControl || !isKept || !(isSafe || isKeyed);
    const access: Access = isBare ? "bare" : isSafe ? "read" : "keyed";
    const app = route.kind === "region" ? route.app : undefined;
    const of = { request, response, app, access, isControl, headers, body, isEventStream };
    const exchange = new Exchange(door, of);
    exchange.start();
    if (standIn?.covers(request)) standInFor(door, standIn, exchange, of);
  });
}

/** What is only slow gets longer than what is silent; where every connection is refused, no time. */
function pageLimitMs(conditions: readonly Condition[]): number {
  if (conditions.includes("up")) return PAGE_LIMIT_MS;
  return conditions.includes("silent") ? PAGE_SILENCE_MS : 0;
}

/** A person does not wait for a region as long as a program does. */
function standInFor(door: Door, standIn: StandIn, exchange: Exchange, of: Request): void {
  const { request, response } = of;
  const startedAt = performance.now();
  const look = (): void => {
    const conditions = door.table.regions.map(({ id }) => conditionOf(door.table, id));
    if (performance.now() - startedAt < pageLimitMs(conditions)) return;
    clearInterval(timer);
    if (response.headersSent) return;
    exchange.abandon();
    standIn.answer(request, response);
  };
  const timer = setInterval(look, PAGE_LOOK_MS);
  response.once("close", () => clearInterval(timer));
}

/** Counts what is kept of one request's body, as it arrives; false: there is no room for it. */
function keepingFor(door: Door, response: ServerResponse): (bytes: number) => boolean {
  let kept = 0;
  return (bytes) => {
    if (door.keptBytes + bytes > door.limits.mostKeptBytes) return false;
    door.keptBytes += bytes;
    if (kept === 0) {
      response.once("close", () => {
        door.keptBytes -= kept;
      });
    }
    kept += bytes;
    return true;
  };
}
