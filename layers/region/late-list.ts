/**
 * The late writes of a region's apps, as an operator reads them at that region. *pure*
 *
 * Rows are replicated like items, so each region has a copy: complete where it serves the app, and
 * as old as the page says elsewhere. A page of several apps is one order of all of them.
 *
 *   cursor   {order of the last row} "~" {its app}
 */
import type { Instant } from "../../base/clock.ts";
import { failed, type Outcome } from "../../base/outcome.ts";
import type { LateAsked, LateCounts, LatePage, LateWrite } from "../routing/late.ts";
import type { AppRegion } from "./app-region.ts";
import { countsOf, ledgerOf } from "./late-ledger.ts";
import { rowOf, shownRow } from "./late-row.ts";
import { LATE } from "./platform-tables.ts";

/** A page ends behind the row that exceeds it. */
const PAGE_BYTES = 1024 * 1024;

export function lateCountsOf(
  { data, site, standings, options }: AppRegion,
  now: Instant,
): LateCounts {
  const { kept: _kept, keptBytes: _bytes, ...counts } = countsOf(site.engine, data);
  const isActive = options.mode === "active-active";
  return { ...counts, waiting: isActive ? 0 : standings.waiting(now) };
}

interface Found {
  readonly order: string;
  readonly app: string;
  readonly sizeBytes: number;
  readonly shown: () => LateWrite;
}

const isBefore = (a: Found, b: Found): boolean =>
  a.order === b.order ? a.app < b.app : a.order > b.order;

/** The page, or why the cursor is none. */
export function lateWritesOf(
  apps: ReadonlyMap<string, AppRegion>,
  asked: LateAsked,
  now: Instant,
): Outcome<LatePage, "invalid"> {
  const { app: only, limit, cursor } = asked;
  const after = cursor === undefined ? undefined : placeOf(cursor);
  if (after === "damaged") {
    return failed(
      "invalid",
      "the cursor is none of ours; leave it out to begin with the first page",
    );
  }
  const some = [...apps.values()].filter(({ options }) => [undefined, options.app].includes(only));
  const found = some.flatMap((app) => [...newestOf(app, limit + 1, after)]);
  found.sort((a, b) => (isBefore(a, b) ? -1 : 1));
  const page: Found[] = [];
  let bytes = 0;
  for (const one of found) {
    if (page.length === limit || bytes > PAGE_BYTES) break;
    page.push(one);
    bytes += one.sizeBytes;
  }
  const last = page.at(-1);
  const isWhole = page.length === found.length || last === undefined;
  return {
    kind: "ok",
    value: {
      items: page.map(({ shown }) => shown()),
      ...(isWhole ? {} : { cursor: `${last.order}~${last.app}` }),
      readAt: some[0]?.site.self.region ?? "",
      dataAgeMs: some.reduce<number | undefined>((most, app) => older(most, ageOf(app, now)), 0),
    },
  };
}

type Place = { readonly order: string; readonly app: string };

function placeOf(cursor: string): Place | "damaged" {
  const [, order, app] =
    /^([0-9a-z]{11}\.[0-9a-z]{11}\.[0-9a-z]{11}\.[^~]+)~([^~]+)$/.exec(cursor) ?? [];
  return order === undefined || app === undefined ? "damaged" : { order, app };
}

function* newestOf(
  { data, site }: AppRegion,
  most: number,
  after: Place | undefined,
): Iterable<Found> {
  const { engine } = site;
  // Of two apps with rows of one order, the one that comes first by name has been shown.
  const isShown = after !== undefined && data.app <= after.app;
  const beyond = after && (isShown ? after.order : `${after.order}\u0000`);
  let left = most;
  let bytes = 0;
  const from = { isNewestFirst: true, ...(beyond === undefined ? {} : { beyond }) };
  for (const { order, key } of ledgerOf(engine, data.app, from)) {
    const stored = data.get(engine, LATE, key);
    if (stored === undefined || stored.value === null) continue;
    const row = rowOf(data, stored);
    const { sizeBytes } = row;
    yield { order, app: data.app, sizeBytes, shown: () => shownRow(data, row) };
    // One more than fits: its page is not the last.
    if (--left === 0 || bytes > PAGE_BYTES) return;
    bytes += sizeBytes;
  }
}

const older = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.max(a, b);

function ageOf({ holding, caughtUpAt, options }: AppRegion, now: Instant): number | undefined {
  if (holding !== undefined || options.mode === "active-active") return 0;
  const ageMs = Math.max(0, Math.round(now.mono - caughtUpAt));
  return Number.isFinite(ageMs) ? ageMs : undefined;
}
