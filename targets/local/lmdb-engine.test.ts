import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { engineLaws } from "../../layers/key-value/engine-contract.ts";
import { EngineFullError, EngineSupersededError } from "../../layers/key-value/engine-errors.ts";
import { type LmdbEngine, openLmdbEngine } from "./lmdb-engine.ts";

const opened: LmdbEngine[] = [];
const folders: string[] = [];

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "understudy-engine-"));
  folders.push(path);
  return path;
}

async function openAt(path: string, overlayEntries?: number): Promise<LmdbEngine> {
  const engine = await openLmdbEngine(
    overlayEntries === undefined ? { path } : { path, overlayEntries },
  );
  opened.push(engine);
  return engine;
}

function flushed(engine: LmdbEngine): Promise<void> {
  const target = engine.sequence;
  if (engine.flushedSequence >= target) return Promise.resolve();
  return new Promise((resolve) => {
    engine.onFlushed((sequence) => {
      if (sequence >= target) resolve();
    });
  });
}

afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.close();
  for (const path of folders.splice(0)) await rm(path, { recursive: true, force: true });
});

describe("LMDB engine: engine laws", () => {
  for (const law of engineLaws) {
    it(law.name, async () => {
      const path = await folder();
      const engine = await openAt(path);
      await law.check({
        engine,
        flushed: () => flushed(engine),
        reopen: () => openAt(path),
      });
    });
  }
});

describe("LMDB engine", () => {
  it("has everything after a clean close", async () => {
    const path = await folder();
    const engine = await openAt(path);
    for (let at = 0; at < 500; at++) engine.transact((writer) => writer.put(`k${at}`, at));
    await engine.close();
    const again = await openAt(path);
    expect(again.sequence).toBe(500);
    expect(Array.from(again.range({ from: "k", to: "l" }))).toHaveLength(500);
    expect(again.incarnation).toBe(engine.incarnation + 1);
  });

  it("lets the next process count on from above an incarnation that is taken", async () => {
    const path = await folder();
    const engine = await openAt(path);
    await engine.countFrom(7);
    await engine.close();
    expect((await openAt(path)).incarnation).toBe(8);
  });

  it("lets a superseded process flush nothing, and tells it so", async () => {
    const path = await folder();
    const old = await openAt(path);
    old.transact((writer) => writer.put("a", "first"));
    await expect.poll(() => old.pressure).toBe(0);
    const calls: string[] = [];
    const told = new Promise<void>((resolve) => old.onSuperseded(resolve));
    old.onFlushed(() => calls.push("flushed"));
    const young = await openAt(path);
    old.transact((writer) => writer.put("a", "zombie"));
    young.transact((writer) => writer.put("b", "young"));
    await told;
    await flushed(young);
    await young.close();
    expect(calls).toEqual([]);
    expect(() => old.transact((writer) => writer.put("a", 1))).toThrow(EngineSupersededError);
    const third = await openAt(path);
    expect([third.get("a"), third.get("b")]).toEqual(["first", "young"]);
  });

  it("keeps a superseded process from bringing its log into LMDB, where the new one has read it", async () => {
    const path = await folder();
    const old = await openAt(path);
    const told = new Promise<void>((resolve) => old.onSuperseded(resolve));
    old.transact((writer) => writer.put("a", "flushed"));
    await flushed(old);
    const young = await openAt(path);
    young.transact((writer) => writer.put("a", "young"));
    await flushed(young);
    await told;
    await young.close();
    const third = await openAt(path);
    expect(third.get("a")).toBe("young");
  });

  it("refuses writes while too many wait for the disk, and takes them again later", async () => {
    const engine = await openAt(await folder(), 100);
    const write = (at: number) => engine.transact((writer) => writer.put(`k${at}`, at));
    for (let at = 0; at < 100; at++) write(at);
    expect(engine.pressure).toBe(1);
    expect(() => write(100)).toThrow(EngineFullError);
    await expect.poll(() => engine.pressure).toBe(0);
    write(100);
    expect(Array.from(engine.range({ from: "k", to: "l" }))).toHaveLength(101);
  });

  it("refuses a newer format and leaves it untouched", async () => {
    const path = await folder();
    const marker = JSON.stringify({ format: "understudy-store", version: 2 });
    await writeFile(join(path, "format.json"), marker);
    await expect(openLmdbEngine({ path })).rejects.toThrow(/version 2.*left untouched/);
    expect(await readFile(join(path, "format.json"), "utf8")).toBe(marker);
  });
});
