/**
 * Whether every acknowledged write is still there, and all regions are equal. *composition*
 *
 * Everything is healed first, and the regions get time to agree. Then
 *   1 each receipt that a client got has arrived in the log of every region, or (`local` apps) its
 *     write is told in the ledger of late writes,
 *   2 each thing that was made (201 with a Location) can be read there, unless it was deleted,
 *   3 the content of every app is the same in all regions, once they have agreed again: the reads
 *     of 2 write too (a session is refreshed).
 */
import { readItem } from "../layers/key-value/items.ts";
import { arrivalOf, readReceipt } from "../layers/key-value/receipt.ts";
import { LATE } from "../layers/region/platform-tables.ts";
import { differenceOf } from "../targets/simulated/content.ts";
import type { SimulatedDeployment } from "../targets/simulated/deployment.ts";
import type { Operation } from "./history.ts";

export interface Checked {
  /** Nothing was lost, and all regions are equal. */
  readonly ok: boolean;
  /** How many writes clients were told are done. */
  readonly acknowledged: number;
  /** Acknowledged writes that are gone. */
  readonly lost: readonly string[];
  /** Acknowledged writes (of `local` apps) that came late, each told in the ledger. */
  readonly late: readonly string[];
  /** Operations whose outcome nobody could tell the client. */
  readonly unknown: number;
  /** Where two regions differ. */
  readonly differences: readonly string[];
}

const AGREE_MS = 60_000;
const LOOK_EVERY_MS = 250;
const READ_AT_ONCE = 50;

export async function checkWorld(
  simulated: SimulatedDeployment,
  operations: readonly Operation[],
  read: (process: number, path: string) => Promise<number>,
): Promise<Checked> {
  simulated.heal();
  await agree(simulated);
  const lost: string[] = [];
  const late: string[] = [];
  const written = operations.filter(
    ({ type, receipt, f }) => type === "ok" && receipt !== undefined && f !== "get",
  );
  for (const write of written) {
    const fate = fateOf(simulated, write);
    if (fate === "lost") lost.push(`${shown(write)} (receipt ${write.receipt})`);
    if (fate === "late") late.push(shown(write));
  }
  const deleted = new Set(
    operations.filter(({ f, type }) => f === "delete" && type !== "fail").map(({ path }) => path),
  );
  const told = new Set(late);
  const made = written.filter(({ status, location }) => {
    if (status !== 201 || location === undefined || location.includes("#")) return false;
    return !deleted.has(location);
  });
  for (let from = 0; from < made.length; from += READ_AT_ONCE) {
    const some = made.slice(from, from + READ_AT_ONCE);
    const found = await Promise.all(
      some.map(({ process, location = "" }) => read(process, location)),
    );
    for (const [at, operation] of some.entries()) {
      if (found[at] !== 404 || told.has(shown(operation))) continue;
      lost.push(`${shown(operation)} (${operation.location} is not there)`);
    }
  }
  await agree(simulated);
  const differences = differencesOf(simulated);
  return {
    ok: lost.length === 0 && differences.length === 0,
    acknowledged: written.length,
    lost,
    late,
    unknown: operations.filter(({ type }) => type === "info").length,
    differences,
  };
}

/** Comparing all content costs, so it is done seldom, and not while logs still differ. */
async function agree(simulated: SimulatedDeployment): Promise<void> {
  const end = simulated.world.now + AGREE_MS;
  while (simulated.world.now < end) {
    await simulated.pace.advance(LOOK_EVERY_MS);
    if (isCalm(simulated) && differencesOf(simulated).length === 0) return;
  }
}

const shown = ({ f, path, region, timeMs }: Operation): string =>
  `${f.toUpperCase()} ${path} acknowledged by ${region} at ${timeMs.toFixed(0)} ms`;

function isCalm({ world, deployment, regions }: SimulatedDeployment): boolean {
  return deployment.apps.every(({ id }) => {
    const holders = world.holders(id);
    const isFenced = world.app(regions[0] ?? "", id)?.record?.phase === "fenced";
    return isFenced || (holders.length > 0 && regions.every((region) => isSettled(region, id)));
  });
  function isSettled(region: string, app: string): boolean {
    const core = world.app(region, app);
    const holder = world.app(world.holders(app)[0] ?? region, app);
    const isPassive = core?.options.mode === "active-passive";
    if (isPassive && core?.log.end.position !== holder?.log.end.position) return false;
    const left = core?.data.stranded(world.node(region).engine, 1) ?? [];
    return core?.isBooted === true && left.length === 0;
  }
}

function fateOf({ world, regions }: SimulatedDeployment, write: Operation): string {
  const parts = readReceipt(write.receipt ?? "");
  if (parts === undefined) return "lost";
  const arrived = regions.every((region) => {
    const log = world.app(region, parts.app)?.logs.get(parts.lineage);
    return log !== undefined && arrivalOf(parts, log) === "arrived";
  });
  if (arrived) return "present";
  const sort = `${parts.epoch}.${write.region}.${parts.position}`;
  const key = { partition: "late", sort };
  const isTold = regions.some(
    (region) => readItem(world.node(region).engine, parts.app, LATE, key) !== undefined,
  );
  return isTold ? "late" : "lost";
}

function differencesOf({ world, deployment, regions }: SimulatedDeployment): string[] {
  const [first = "", ...others] = regions;
  return deployment.apps.flatMap(({ id }) =>
    others.flatMap((other) => {
      const found = differenceOf(world, id, first, other);
      return found === undefined ? [] : [`${id}: ${first} and ${other} differ: ${found}`];
    }),
  );
}
