import { describe, expect, it } from "vitest";
import { createRng } from "../../base/rng.ts";
import { engineLaws } from "./engine-contract.ts";
import { EngineFullError } from "./engine-errors.ts";
import { createMemoryEngine } from "./memory-engine.ts";

describe("memory engine: engine laws", () => {
  for (const law of engineLaws) {
    it(law.name, async () => {
      const engine = createMemoryEngine();
      await law.check({
        engine,
        flushed: async () => engine.flush(),
        reopen: async () => engine.reopen(),
      });
    });
  }
});

const all = { from: "", to: "\u{10ffff}" };

describe("memory engine", () => {
  it("loses exactly what was not flushed when it crashes", () => {
    const engine = createMemoryEngine();
    for (let at = 1; at <= 9; at++) engine.transact((writer) => writer.put(`k${at}`, at));
    engine.transact((writer) => writer.remove("k1"));
    engine.flush(4);
    engine.crash();
    expect(Array.from(engine.range(all))).toEqual([1, 2, 3, 4].map((at) => [`k${at}`, at]));
    expect(engine.sequence).toBe(4);
  });

  it("tells a crashed process nothing more", () => {
    const engine = createMemoryEngine();
    const calls: number[] = [];
    engine.onFlushed((sequence) => calls.push(sequence));
    engine.transact((writer) => writer.put("a", 1));
    engine.crash();
    engine.transact((writer) => writer.put("a", 2));
    engine.flush();
    expect(calls).toEqual([]);
  });

  it("leaves nothing of a transaction that does not fit, and takes removals when full", () => {
    const engine = createMemoryEngine({ capacity: 2 });
    engine.transact((writer) => {
      writer.put("a", 1);
      writer.put("b", 1);
    });
    const add = () => engine.transact((writer) => writer.put("c", 1));
    expect(add).toThrow(EngineFullError);
    expect(engine.get("c")).toBeUndefined();
    engine.transact((writer) => writer.remove("a"));
    expect(add).not.toThrow();
    engine.setCapacity(undefined);
    engine.transact((writer) => writer.put("d", 1));
    expect(engine.size).toBe(3);
  });

  it("lets a zombie flush nothing, and tells it that it was superseded", () => {
    const old = createMemoryEngine();
    const calls: string[] = [];
    old.onSuperseded(() => calls.push("superseded"));
    old.onFlushed(() => calls.push("flushed"));
    old.transact((writer) => writer.put("a", "unflushed"));
    const young = old.reopen();
    young.transact((writer) => writer.put("a", "young"));
    old.transact((writer) => writer.put("a", "zombie"));
    old.flush();
    expect(calls).toEqual(["superseded"]);
    expect(young.get("a")).toBe("young");
    expect(young.incarnation).toBe(old.incarnation + 1);
  });

  it("restores a disk from an old copy, which later writes have not changed", () => {
    const engine = createMemoryEngine();
    engine.transact((writer) => writer.put("a", 1));
    engine.flush();
    engine.transact((writer) => writer.put("a", 2));
    const copy = engine.snapshot();
    engine.flush();
    engine.restore(copy);
    expect(engine.get("a")).toBe(1);
  });

  it("agrees with a plain map over random transactions, crashes and rollbacks", () => {
    const rng = createRng(7);
    const engine = createMemoryEngine();
    let now = new Map<string, number>();
    let disk = new Map(now);
    const letters = ["a", "b", "\uffff", "\u{10000}", "\u0000"];
    for (let step = 0; step < 3000; step++) {
      const next = new Map(now);
      const fails = rng.chance(0.1);
      try {
        engine.transact((writer) => {
          for (let count = rng.below(4); count >= 0; count--) {
            const key = rng.pick(letters) + rng.pick(letters) + rng.below(60);
            if (rng.chance(0.3)) {
              writer.remove(key);
              next.delete(key);
            } else {
              writer.put(key, step);
              next.set(key, step);
            }
          }
          if (fails) throw new Error("rolled back");
        });
        now = next;
      } catch (error) {
        expect((error as Error).message).toBe("rolled back");
      }
      if (rng.chance(0.05)) {
        engine.flush();
        disk = new Map(now);
      } else if (rng.chance(0.02)) {
        engine.crash();
        now = new Map(disk);
      }
      if (step % 50 === 0) {
        expect(new Map(engine.range(all) as Iterable<[string, number]>)).toEqual(now);
        expect(engine.size).toBe(now.size);
      }
    }
  });
});
