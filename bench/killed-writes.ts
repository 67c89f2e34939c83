/**
 * `kill -9` at random instants while tickets are written: is every acknowledged one there, once,
 * and how soon is the store open again? *composition*
 *
 *   node dist/bench/killed-writes.js [WRITES] [KILLS] [WHAT]
 *     WHAT: region      a region, serving or not, whichever chance says (default)
 *           everything  supervisor, regions, witness and front door at once, then `up` again
 *           supervisor  the supervisor alone: its children end by themselves, then `up` again
 *
 * The deployment is `understudy up` on a fresh directory, without sample content. The load is as
 * fast as the machine takes it, in whole tickets over HTTP, each with its key. After a kill a copy
 * of the region's store, as the kill left it, is opened here and timed; then the process is started
 * on the original. At the end every region's tickets are listed: each acknowledged one must
 * be there, and no key may have made two.
 *
 * Exit status: 0 all there once, 1 not.
 */

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { openLmdbEngine } from "../targets/local/lmdb-engine.ts";
import { attachLocal } from "../targets/local/open.ts";
import { DataDirectory } from "../targets/local/supervisor/data-directory.ts";
import { identify, isAlive } from "../targets/local/supervisor/process-identity.ts";
import { ask, signUp, until } from "../targets/local/tests/region-client.ts";
import { startTicketLoad } from "../targets/local/tests/ticket-load.ts";
import { mustMeasure } from "./measured.ts";
import { startUp, type Up } from "./up.ts";

const [writes = "100000", kills = "20", what = "region"] = process.argv.slice(2);
const PER_SECOND = 4_000;
const INSTANT_MOST_MS = 1_500;
const SETTLE_LIMIT_MS = 30_000;
const FILL_LIMIT_MS = 150_000;
const PAGE = 100;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const dataDir = mkdtempSync(join(tmpdir(), "understudy-killed-"));
const directory = new DataDirectory(dataDir);
const failures: string[] = [];
const openedMs: number[] = [];
const startedMs: number[] = [];

let up: Up = await startUp(dataDir);
const urlsNow = (): string[] => up.ready.regions.map(({ url }) => url ?? "");

const isSettled = async (): Promise<boolean> => {
  const urls = urlsNow();
  const views = await Promise.all(
    urls.map((url) => ask(url, "/routing/apps/tickets", { limitMs: 1_000 })),
  );
  const serving = views.filter(({ body }) => body.holdsLease);
  return serving.length === 1 && serving[0]?.body.inSyncRegions.length === urls.length;
};
const settled = () => until("all regions are in sync", isSettled, SETTLE_LIMIT_MS);

/** A copy of what the kill left: the region itself is to find it untouched. */
async function openStore(region: string): Promise<void> {
  const path = join(dataDir, "..", `${basename(dataDir)}-copy`);
  cpSync(join(directory.siteDir("region", region), "store"), path, { recursive: true });
  const begunMs = performance.now();
  const engine = await openLmdbEngine({ path });
  openedMs.push(performance.now() - begunMs);
  await engine.close();
  rmSync(path, { recursive: true });
}

async function killRegion(): Promise<string> {
  const target = await attachLocal(dataDir);
  const { regions, apps } = await target.status();
  const victim = regions[Math.floor(Math.random() * regions.length)];
  if (victim?.pid == null) throw new Error("a region has no process");
  const isServing = apps.some(({ servingRegions }) => servingRegions.includes(victim.id));
  const process_ = identify(victim.pid);
  process.kill(victim.pid, "SIGKILL");
  await until("it is gone", () => process_ === undefined || !isAlive(process_));
  await openStore(victim.id);
  const begunMs = performance.now();
  await target.fault("restart", [victim.id]);
  startedMs.push(performance.now() - begunMs);
  return `${victim.id}${isServing ? " (serving)" : ""}`;
}

async function killAll(onlySupervisor: boolean): Promise<string> {
  const { ready, supervisorPid } = up;
  const target = await attachLocal(dataDir);
  const { witness, frontDoorPid, regions } = await target.status();
  const pids = [...regions.map(({ pid }) => pid), witness?.pid, frontDoorPid].flatMap((pid) =>
    pid == null ? [] : [pid],
  );
  const processes = pids.map(identify);
  for (const pid of [supervisorPid, ...(onlySupervisor ? [] : pids)]) process.kill(pid, "SIGKILL");
  const begunMs = performance.now();
  await up.ended;
  await until("they are gone", () => processes.every((one) => one === undefined || !isAlive(one)));
  const goneMs = performance.now() - begunMs;
  if (onlySupervisor && goneMs > 1_000)
    failures.push(`children ended after ${goneMs.toFixed(0)} ms`);
  for (const { id } of ready.regions) await openStore(id);
  up = await startUp(dataDir);
  startedMs.push(up.tookMs);
  return onlySupervisor ? `supervisor (children gone after ${goneMs.toFixed(0)} ms)` : "everything";
}

/** Every ticket of a region, as it is on its own disk. */
async function listed(url: string, token: string): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  let cursor = "";
  do {
    const path = `/tickets/api/tickets?limit=${PAGE}${cursor && `&cursor=${cursor}`}`;
    const headers = { "understudy-consistency": "stale" };
    const { status, body } = await ask(url, path, { token, headers, limitMs: 20_000 });
    if (status !== 200) throw new Error(`${url}${path}: ${status}`);
    for (const { id, description } of body.items) {
      found.set(description, [...(found.get(description) ?? []), id]);
    }
    cursor = body.cursor === undefined ? "" : encodeURIComponent(body.cursor);
  } while (cursor !== "");
  return found;
}

const shown = (name: string, values: readonly number[]): string => {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(0) ?? "-";
  return `${name}: median ${at(0.5)} ms, worst ${at(1)} ms (${sorted.length})`;
};

try {
  await settled();
  const token = await signUp(urlsNow()[0] ?? "", "requester");
  const load = startTicketLoad({ token, urls: urlsNow, perSecond: PER_SECOND, name: "killed" });
  const begunMs = performance.now();
  for (let kill = 1; kill <= Number(kills); kill++) {
    await settled();
    await sleep(Math.random() * INSTANT_MOST_MS);
    const victim = what === "region" ? await killRegion() : await killAll(what === "supervisor");
    say(`${kill}: ${victim}; ${load.acknowledged.length} acknowledged`);
  }
  await settled();
  await until("all are written", () => load.acknowledged.length >= Number(writes), FILL_LIMIT_MS);
  await load.stop();
  const seconds = (performance.now() - begunMs) / 1000;
  await settled();
  const { acknowledged, surprises } = load;
  say(`${acknowledged.length} acknowledged in ${seconds.toFixed(0)} s, ${kills} kills of ${what}`);
  say(shown("store open again", openedMs));
  say(shown(what === "region" ? "region started" : "up to ready", startedMs));
  for (const surprise of surprises.slice(0, 5)) failures.push(surprise);
  mustMeasure("acknowledged writes", acknowledged.length);
  const epochs = acknowledged.map(({ epoch }) => epoch);
  say(
    `epochs ${epochs.reduce((a, b) => Math.min(a, b))} to ${epochs.reduce((a, b) => Math.max(a, b))}`,
  );
  for (const url of urlsNow()) {
    const found = await listed(url, token);
    const missing = acknowledged.filter(
      ({ id, description }) => found.get(description)?.[0] !== id,
    );
    const twice = [...found.values()].filter((ids) => ids.length > 1);
    say(`${url}: ${found.size} tickets, missing ${missing.length}, written twice ${twice.length}`);
    if (missing.length + twice.length > 0) failures.push(`${url}: ${missing[0]?.description}`);
  }
} catch (error) {
  failures.push((error as Error).message);
} finally {
  await up.stop();
  for (const failure of failures.slice(0, 20)) say(`FAILED: ${failure}`);
  if (process.env["KEEP"] === undefined) rmSync(dataDir, { recursive: true, force: true });
  else say(`kept: ${dataDir}`);
}
process.exitCode = failures.length === 0 ? 0 : 1;
