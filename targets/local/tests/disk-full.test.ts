/**
 * A region on a disk of its own that is full: a small file system in memory, for which one has to
 * be root.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Programs } from "../supervisor/sites.ts";
import {
  A,
  B,
  buildPrograms,
  endReal,
  type RealDeployment,
  removePrograms,
  startReal,
} from "./real-regions.ts";
import { ask, missingIn, signUp, submitTicket, until } from "./region-client.ts";
import { startTicketLoad, type TicketLoad } from "./ticket-load.ts";

const DISK = "size=96m";
const BALLAST_BYTES = 256 * 1024;

const run = (command: string, ...words: string[]): boolean =>
  spawnSync(command, words, { stdio: "ignore" }).status === 0;

function canMount(): boolean {
  const path = mkdtempSync(join(tmpdir(), "understudy-mount-"));
  const isMounted = run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", path);
  if (isMounted) run("umount", path);
  rmdirSync(path);
  return isMounted;
}
const isPossible = canMount();
if (!isPossible) console.log("a file system cannot be mounted here: no full disk");

let programs: Programs;
let deployment: RealDeployment | undefined;
let load: TicketLoad | undefined;
let dataDir = "";
let disk = "";

beforeAll(async () => {
  if (isPossible) programs = await buildPrograms();
});
afterAll(() => removePrograms(programs));
afterEach(async () => {
  await load?.stop();
  await deployment?.running.stop();
  if (disk !== "") run("umount", disk);
  await endReal(deployment);
  if (dataDir !== "") rmSync(dataDir, { recursive: true, force: true });
});

function fill(file: string): void {
  const ballast = Buffer.alloc(BALLAST_BYTES);
  for (;;) {
    try {
      writeFileSync(file, ballast, { flag: "a" });
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
      return;
    }
  }
}

test.skipIf(!isPossible)(
  "a region whose disk is full says so, stays up and loses nothing; another one serves",
  async () => {
    dataDir = mkdtempSync(join(tmpdir(), "understudy-full-"));
    disk = join(dataDir, "regions", A);
    mkdirSync(disk, { recursive: true });
    expect(run("mount", "-t", "tmpfs", "-o", DISK, "tmpfs", disk)).toBe(true);
    deployment = await startReal(programs, { dataDir });
    const { urlOf, pidOf, running, isSettled } = deployment;
    const urls = [await urlOf(A), await urlOf(B)];
    const token = await signUp(await urlOf(A), "requester");
    const pid = await pidOf(A);
    const padding = " and more of it".repeat(200);
    load = startTicketLoad({ token, urls: () => urls, perSecond: 100, name: "full", padding });
    const { acknowledged } = load;
    await until("tickets are acknowledged", () => acknowledged.length > 20);

    const ballast = join(disk, "ballast");
    fill(ballast);
    await until("the other region acknowledges", () =>
      acknowledged.slice(-10).some(({ region }) => region === B),
    );
    const status = async () => (await running.status()).regions.find(({ id }) => id === A);
    await until("it says what is wrong", async () => {
      const told = await status();
      return told?.healthy === false && /disk/.test(told.reason ?? "");
    });
    expect(await status()).toMatchObject({ up: true, pid });
    const health = await ask(await urlOf(A), "/health/tickets");
    expect([health.status, health.body.healthy]).toEqual([503, false]);
    const refused = await submitTicket(await urlOf(A), token, "Nobody has room for this one");
    expect(refused.status).toBe(503);
    // What it has, it still shows.
    const [first] = acknowledged;
    const read = await ask(await urlOf(A), `/tickets/api/tickets/${first?.id}`, { token });
    expect([read.status, read.body.description]).toEqual([200, first?.description]);

    await load.stop();
    rmSync(ballast);
    await until("it is well and in sync again", async () => {
      return (await status())?.healthy === true && (await isSettled("tickets"));
    });
    expect(load.surprises).toEqual([]);
    expect(await pidOf(A)).toBe(pid);
    for (const url of urls) expect(await missingIn(url, token, acknowledged)).toEqual([]);
  },
);
