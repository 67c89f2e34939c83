import { describe, expect, test } from "vitest";
import { parseProblem } from "../../../../layers/presentation/api/problem.ts";
import { AT_ONCE, type Item, nextToBegin, progressOf, step } from "./upload-list.ts";

const problem = parseProblem(422, { type: "/problems/image-refused", reason: "broken" }, null, 0);
const file = new Blob([new Uint8Array(100)]);
const added = (...keys: string[]): readonly Item[] =>
  step([], {
    type: "added",
    items: keys.map((key) => ({ key, file, fileName: `${key}_one.jpg`, preview: "" })),
  });
const phases = (items: readonly Item[]) => items.map(({ phase }) => phase.name);
const started = (...keys: string[]) => step(added(...keys), { type: "started" });

describe("uploads", () => {
  test("begin with the name of their file as their title, and wait for a person to start", () => {
    const items = added("a");
    expect(items[0]).toMatchObject({ title: "a one", altText: "", phase: { name: "ready" } });
    expect(nextToBegin(items)).toEqual([]);
  });

  test("without a title stay where they are", () => {
    const items = step(added("a", "b"), { type: "captioned", key: "a", title: "  " });
    expect(phases(step(items, { type: "started" }))).toEqual(["ready", "queued"]);
  });

  test("go out a few at a time, in their order", () => {
    let items = started("a", "b", "c");
    expect(nextToBegin(items).map(({ key }) => key)).toEqual(["a", "b"].slice(0, AT_ONCE));
    items = step(items, { type: "moved", key: "a", phase: { name: "asking" } });
    items = step(items, { type: "moved", key: "b", phase: { name: "sending", sentBytes: 1 } });
    expect(nextToBegin(items)).toEqual([]);
    items = step(items, { type: "moved", key: "b", phase: { name: "done", photoId: "p" } });
    expect(nextToBegin(items).map(({ key }) => key)).toEqual(["c"]);
  });

  test("that were cancelled are not brought back by an answer that comes late", () => {
    let items = step(started("a"), { type: "moved", key: "a", phase: { name: "asking" } });
    items = step(items, { type: "cancelled", key: "a" });
    items = step(items, { type: "moved", key: "a", phase: { name: "done", photoId: "p" } });
    expect(phases(items)).toEqual(["cancelled"]);
  });

  test("that failed or were cancelled are tried again with the same key, done ones are not", () => {
    for (const name of ["failed", "cancelled", "done"] as const) {
      const phase =
        name === "failed"
          ? ({ name, problem } as const)
          : name === "done"
            ? ({ name, photoId: "p" } as const)
            : ({ name } as const);
      let items = step(started("a"), { type: "moved", key: "a", phase });
      items = step(items, { type: "retried", key: "a" });
      expect(phases(items)).toEqual([name === "done" ? "done" : "queued"]);
      expect(items[0]?.key).toBe("a");
    }
  });

  test("under way cannot be removed, only cancelled", () => {
    const items = step(started("a"), { type: "moved", key: "a", phase: { name: "asking" } });
    expect(step(items, { type: "removed", key: "a" })).toHaveLength(1);
    const cancelled = step(items, { type: "cancelled", key: "a" });
    expect(step(cancelled, { type: "removed", key: "a" })).toEqual([]);
  });

  test("progress is what was sent, and whole only when the photo is there", () => {
    const at = (phase: Item["phase"]) =>
      progressOf(step(started("a"), { type: "moved", key: "a", phase })[0] as Item);
    expect(at({ name: "sending", sentBytes: 50 })).toBeCloseTo(0.45);
    expect(at({ name: "sending", sentBytes: 200 })).toBeLessThan(1);
    expect(at({ name: "finishing" })).toBeLessThan(1);
    expect(at({ name: "done", photoId: "p" })).toBe(1);
  });
});
