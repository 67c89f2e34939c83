/**
 * The object layer alone, on real processes and disks. *composition*
 *
 *   node dist/bench/objects.js [LARGE_MB] [PARALLEL] [EACH_MB]        default 200 20 50
 *
 * One large object, many in parallel, a kill of the receiving region in the middle of a transfer,
 * a kill of the serving region in the middle of an upload; anonymous memory of both regions all
 * the while. The floor is what one process needs to hash, write and flush the same bytes, in this
 * run; a put does that in two regions.
 *
 * Exit status: 0 every object is in both regions, equal by digest; 1 something is not.
 */

import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startDeployment } from "../targets/local/supervisor/supervisor.ts";
import { ask, until } from "../targets/local/tests/region-client.ts";
import { mustMeasure } from "./measured.ts";

const [largeMb = 200, parallel = 20, eachMb = 50] = process.argv.slice(2).map(Number);
const MB = 1024 * 1024;
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const dataDir = mkdtempSync(join(tmpdir(), "understudy-objects-"));
const [A, B] = ["eu-west-1", "ap-southeast-1"] as const;

const block = randomBytes(MB);
/** Different for each seed, and never in memory as a whole. */
function* blocks(megabytes: number, seed: number): Generator<Uint8Array> {
  for (let at = 0; at < megabytes; at++) {
    const bytes = Buffer.from(block);
    bytes.writeUInt32LE(seed, 0);
    bytes.writeUInt32LE(at, 4);
    yield bytes;
  }
}

function digestOf(megabytes: number, seed: number): string {
  const hash = createHash("sha256");
  for (const bytes of blocks(megabytes, seed)) hash.update(bytes);
  return hash.digest("hex");
}

function floorMs(megabytes: number): number {
  const since = performance.now();
  const path = join(dataDir, "floor");
  const file = openSync(path, "w");
  const hash = createHash("sha256");
  for (const bytes of blocks(megabytes, 0)) {
    hash.update(bytes);
    writeSync(file, bytes);
  }
  fsyncSync(file);
  closeSync(file);
  hash.digest();
  rmSync(path);
  return performance.now() - since;
}

const deployment = await startDeployment({
  dataDir,
  programs: {
    region: here("../targets/local/region/main.js"),
    witness: here("../targets/local/voter/witness-main.js"),
    "front-door": here("../targets/local/front-door/main.js"),
  },
  configFile: here("./objects-app.js"),
  httpPort: 0,
  log: (line) => process.stderr.write(`${line}\n`),
});

const regionOf = async (id: string) => {
  const region = (await deployment.status()).regions.find((one) => one.id === id);
  if (region === undefined) throw new Error(`no region ${id}`);
  return region;
};
const urlOf = async (id: string): Promise<string> => (await regionOf(id)).url ?? "";

async function fault(kind: string, region: string): Promise<void> {
  const { control, operatorTokenFile } = await deployment.status();
  const token = readFileSync(operatorTokenFile, "utf8").trim();
  const body = { kind, regions: [region] };
  const request = { method: "POST", token, body, limitMs: 60_000 };
  const answer = await ask(control, "/control/faults", request);
  if (answer.status >= 300) throw new Error(`${kind} ${region}: ${JSON.stringify(answer.body)}`);
}

const anonymousMb = (pid: number): number => {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/RssAnon:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
};

/** The most anonymous memory of each region while the work goes on. */
async function peakWhile(work: () => Promise<void>): Promise<string> {
  const pids = await Promise.all([A, B].map(async (id) => (await regionOf(id)).pid ?? 0));
  const before = pids.map(anonymousMb);
  const peak = [...before];
  const timer = setInterval(() => {
    for (const [at, pid] of pids.entries()) peak[at] = Math.max(peak[at] ?? 0, anonymousMb(pid));
  }, 50);
  await work().finally(() => clearInterval(timer));
  const shown = peak.map((mb, at) => `${(before[at] ?? 0).toFixed(0)} -> ${mb.toFixed(0)} MB`);
  return `memory ${shown.join(", ")}`;
}

async function addressOf(region: string, key: string): Promise<string> {
  const url = await urlOf(region);
  const signed = await ask(url, `/vault/api/uploads/${key}`, { method: "POST", body: {} });
  if (signed.status !== 200) throw new Error(`no address: ${JSON.stringify(signed.body)}`);
  return `${url}${signed.body.url}`;
}

async function put(region: string, key: string, megabytes: number, seed: number): Promise<void> {
  const iterator = blocks(megabytes, seed);
  const hash = createHash("sha256");
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const { done, value } = iterator.next();
      if (done === true) controller.close();
      else {
        hash.update(value);
        controller.enqueue(value);
      }
    },
  });
  const response = await fetch(await addressOf(region, key), {
    method: "PUT",
    headers: { "content-type": "application/octet-stream" },
    body,
    duplex: "half",
  } as RequestInit);
  const answer = (await response.json()) as { digest?: string };
  if (response.status !== 201) throw new Error(`${key}: ${JSON.stringify(answer)}`);
  const digest = hash.digest("hex");
  if (answer.digest !== digest) throw new Error(`${key}: another digest`);
}

const isComplete = async (region: string, key: string): Promise<boolean> => {
  const found = await ask(await urlOf(region), `/vault/api/files/${key}`).catch(() => undefined);
  return found?.body?.status === "complete";
};

const isInSync = async (): Promise<boolean> => {
  const views = await Promise.all(
    [A, B].map(async (id) => ask(await urlOf(id), "/routing/apps/vault").catch(() => undefined)),
  );
  const serving = views.filter((view) => view?.body.holdsLease === true);
  return serving.length === 1 && serving[0]?.body.inSyncRegions.length === 2;
};

const regionDir = (id: string): string => join(dataDir, "regions", id);

/** The folder of the bytes, wherever the data directory has it. */
function objectsDir(id: string): string {
  const candidates = [regionDir(id), join(dataDir, id)];
  const found = candidates.find((path) => statSync(path, { throwIfNoEntry: false }));
  return join(found ?? regionDir(id), "objects", "vault");
}

const filesIn = (id: string): string[] =>
  readdirSync(join(objectsDir(id), "whole"))
    .flatMap((name) => readdirSync(join(objectsDir(id), "whole", name)))
    .sort();

const partialMb = (id: string): number => {
  const folder = join(objectsDir(id), "partial");
  const sizes = readdirSync(folder).map((name) => {
    return statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  });
  return Math.max(0, ...sizes) / MB;
};

async function killReceiver(): Promise<void> {
  const digest = digestOf(largeMb, 900);
  await fault("kill", B);
  await put(A, "after-kill", largeMb, 900);
  await fault("restart", B);
  await until("half of it has arrived", async () => partialMb(B) > largeMb / 3, 60_000);
  await fault("kill", B);
  const kept = partialMb(B);
  await fault("restart", B);
  let least = Number.POSITIVE_INFINITY;
  await until(
    "the rest arrives",
    async () => {
      const now = partialMb(B);
      if (!filesIn(B).includes(digest)) least = Math.min(least, now > 0 ? now : least);
      return filesIn(B).includes(digest);
    },
    60_000,
  );
  const went = least >= kept - 1 ? "went on" : "began anew";
  say(`receiver killed with ${kept.toFixed(0)} of ${largeMb} MB: the transfer ${went} there`);
}

async function killSender(): Promise<void> {
  await until("both are in sync", isInSync, 60_000);
  const killing = put(A, "half", largeMb, 901).then(
    () => "ended",
    () => "cut off",
  );
  const staging = join(objectsDir(A), "..", "staging");
  await until("half of it is there", async () =>
    readdirSync(staging).some((name) => {
      const size = statSync(join(staging, name), { throwIfNoEntry: false })?.size ?? 0;
      return size > (largeMb / 2) * MB;
    }),
  );
  await fault("kill", A);
  const end = await killing;
  const since = performance.now();
  await until("the other region takes it", async () =>
    put(B, "half", largeMb, 901).then(
      () => true,
      () => false,
    ),
  );
  const ms = performance.now() - since;
  await fault("restart", A);
  await until("it is in both", () => isComplete(B, "half"), 60_000);
  await until("nothing half is left", async () => readdirSync(staging).length === 0);
  say(`server killed in the middle of an upload (${end}): taken elsewhere in ${ms.toFixed(0)} ms`);
}

let failed = false;
try {
  await deployment.whenServing(30_000);
  await until("both are in sync", isInSync, 30_000);
  const floor = floorMs(largeMb);
  say(`floor: hash, write and flush ${largeMb} MB: ${floor.toFixed(0)} ms`);
  const large = await peakWhile(async () => {
    const since = performance.now();
    await put(A, "large", largeMb, 1);
    const ms = performance.now() - since;
    const ratio = (ms / floor).toFixed(1);
    say(`put of ${largeMb} MB, on both disks: ${ms.toFixed(0)} ms, ${ratio} x the floor`);
  });
  say(large);
  const many = await peakWhile(async () => {
    const since = performance.now();
    const all = Array.from({ length: parallel }, (_, at) => put(A, `many-${at}`, eachMb, 100 + at));
    await Promise.all(all);
    const seconds = (performance.now() - since) / 1000;
    const rate = ((parallel * eachMb) / seconds).toFixed(0);
    say(`${parallel} x ${eachMb} MB in parallel: ${seconds.toFixed(1)} s, ${rate} MB/s`);
  });
  say(many);
  await killReceiver();
  await killSender();
  await until("all are in both", async () => {
    return JSON.stringify(filesIn(A)) === JSON.stringify(filesIn(B));
  });
  mustMeasure("objects", filesIn(A).length);
  say(`${filesIn(A).length} objects, equal in both regions by digest`);
} catch (error) {
  failed = true;
  say(`failed: ${(error as Error).stack}`);
} finally {
  await deployment.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
