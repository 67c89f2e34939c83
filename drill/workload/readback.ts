/**
 * Reads back what a drill has written: every row of every region, asked directly, and each
 * acknowledged ticket by its id through the smart client. *shell*
 *
 * It waits, within bounds, until the regions agree: what arrives in that time is no loss. What
 * cannot be read is named in `unread`, and the drill cannot tell then.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { compareRegions } from "../checker/equality.ts";
import type { Operation, Row, Sighting } from "../history.ts";
import { readRegister } from "../register.ts";
import { type Door, openPlainDoor, type Request } from "./doors.ts";

export interface ReadbackOptions {
  readonly regions: readonly { readonly id: string; readonly url: string }[];
  readonly token: () => string;
  /** Tickets that were commented on. */
  readonly commented: readonly string[];
  readonly settleMs: number;
}

const PAGE = 100;
const PAGES_MOST = 20_000;
const ATTEMPTS = 20;
const AGAIN_MS = 250;
const AT_ONCE = 24;

export async function readRegions(options: ReadbackOptions): Promise<{
  readonly regions: Readonly<Record<string, readonly Row[]>>;
  readonly unread: readonly string[];
}> {
  const until = performance.now() + options.settleMs;
  for (;;) {
    const regions: Record<string, readonly Row[]> = {};
    const unread: string[] = [];
    for (const { id, url } of options.regions) {
      try {
        regions[id] = await readRegion(url, options);
      } catch (error) {
        unread.push(`${id} could not be read back: ${(error as Error).message}`);
      }
    }
    const agree = unread.length === 0 && compareRegions({ regions }).length === 0;
    if (agree || performance.now() > until) return { regions, unread };
    await sleep(AGAIN_MS);
  }
}

async function readRegion(url: string, options: ReadbackOptions): Promise<readonly Row[]> {
  const door = openPlainDoor(url);
  try {
    return await readRows(door, options);
  } finally {
    door.close();
  }
}

async function readRows(
  door: Door,
  { token, commented }: ReadbackOptions,
): Promise<readonly Row[]> {
  const tickets = await readPages(door, "/tickets/api/tickets", token);
  const rows: Row[] = tickets.map(({ id, version, description }) => ({
    id: String(id),
    version: String(version),
    text: String(description),
  }));
  for (const of of commented) {
    const comments = await readPages(door, `/tickets/api/tickets/${of}/comments`, token);
    for (const { id, text } of comments) {
      rows.push({ id: String(id), of, version: "", text: String(text) });
    }
  }
  return rows;
}

type Item = Readonly<Record<string, unknown>>;

async function readPages(door: Door, path: string, token: () => string): Promise<Item[]> {
  const items: Item[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MOST; page++) {
    const from = cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`;
    const request: Request = {
      method: "GET",
      path: `${path}?limit=${PAGE}${from}`,
      token: token(),
      consistency: "stale",
    };
    const body = await patiently(door, request);
    // A region that lacks the ticket has none of its comments either: the ticket tells.
    if (body === undefined) return items;
    items.push(...((body["items"] ?? []) as Item[]));
    if (typeof body["cursor"] !== "string") return items;
    cursor = body["cursor"];
  }
  throw new Error(`${path} has more than ${PAGES_MOST * PAGE} rows`);
}

/** The body; undefined when there is no such thing. */
async function patiently(
  door: Door,
  request: Request,
  untilMs = Number.POSITIVE_INFINITY,
): Promise<Item | undefined> {
  let told = "nothing in time";
  for (let attempt = 0; attempt < ATTEMPTS && performance.now() < untilMs; attempt++) {
    const answer = await door.send(request);
    if (!("isCertain" in answer)) {
      if (answer.status === 200) return answer.body;
      if (answer.status === 404) return undefined;
      told = `${answer.status} ${String(answer.body["detail"] ?? "")}`;
    } else told = answer.code;
    await sleep(AGAIN_MS);
  }
  throw new Error(`GET ${request.path} was answered ${told}`);
}

/** Looks for tickets by their ids, at `current`; those that nobody could be asked about are told. */
export async function lookForTickets(
  operations: readonly Operation[],
  door: Door,
  token: () => string,
  limitMs: number,
): Promise<{ readonly sightings: readonly Sighting[]; readonly unread: readonly string[] }> {
  const untilMs = performance.now() + limitMs;
  const wanted = operations.filter(
    (o) => o.outcome === "ok" && (o.kind === "submit" || o.kind === "change") && o.ticketId,
  );
  const sightings: Sighting[] = [];
  const unread: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let one = wanted[next++]; one !== undefined; one = wanted[next++]) {
      const { ticketId, marker = "" } = one;
      const path = `/tickets/api/tickets/${ticketId}`;
      const request: Request = { method: "GET", path, token: token(), consistency: "current" };
      try {
        const body = await patiently(door, request, untilMs);
        sightings.push({ marker, found: holds(marker, body) });
      } catch (error) {
        unread.push(`operation ${one.number} could not be read by id: ${(error as Error).message}`);
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return { sightings, unread };
}

function holds(marker: string, body: Item | undefined): boolean {
  if (body === undefined) return false;
  const written = readRegister(marker);
  const there = String(body["description"]);
  if (written === undefined) return there === marker;
  const seen = readRegister(there);
  return seen?.name === written.name && seen.value >= written.value;
}
