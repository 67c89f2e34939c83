import { describe, expect, it } from "vitest";
import { registerText } from "../register.ts";
import { fateOfWrites } from "./fate.ts";
import { operation, readback, rowsOf } from "./test-history.ts";

const writes = [0, 10, 20].map((startMs) => operation({ startMs }));
const whole = rowsOf(writes);

describe("what became of the writes", () => {
  it("acknowledged writes that every region holds are present", () => {
    const fates = fateOfWrites(writes, readback({ regions: { a: whole, b: whole } }));
    expect(fates).toMatchObject({ acknowledged: 3, present: 3, missing: [], refused: [] });
  });

  it("an acknowledged write that one region lacks is lost, and the region is named", () => {
    const fates = fateOfWrites(writes, readback({ regions: { a: whole, b: whole.slice(1) } }));
    expect(fates.missing).toEqual([{ operation: writes[0], fate: "lost", missingIn: ["b"] }]);
    expect(fates.present).toBe(2);
  });

  it("an acknowledged write that a read by id does not find is lost", () => {
    const byId = [{ marker: writes[1]?.marker ?? "", found: false }];
    const fates = fateOfWrites(writes, readback({ regions: { a: whole }, byId }));
    expect(fates.missing).toEqual([{ operation: writes[1], fate: "lost", missingIn: ["by id"] }]);
  });

  it("a write that was missing before the healing and came is late", () => {
    const beforeHealing = [{ marker: writes[2]?.marker ?? "", found: false }];
    const fates = fateOfWrites(writes, readback({ regions: { a: whole }, beforeHealing }));
    expect(fates.missing).toEqual([{ operation: writes[2], fate: "late", missingIn: [] }]);
  });

  it("a refused write that is there after all is told", () => {
    const refused = operation({ startMs: 30, outcome: "failed", code: "not-serving" });
    const regions = { a: rowsOf([refused]) };
    expect(fateOfWrites([refused], readback({ regions })).refused).toEqual([refused]);
    expect(fateOfWrites([refused], readback({ regions: { a: [] } })).refused).toEqual([]);
  });

  it("a refused write whose second copy may have happened is excused", () => {
    const refused = operation({ startMs: 30, outcome: "failed", marker: "m" });
    const again = operation({ startMs: 40, kind: "again", outcome: "unknown", marker: "m" });
    const regions = { a: [{ id: "x", version: "1", text: "m" }] };
    expect(fateOfWrites([refused, again], readback({ regions })).refused).toEqual([]);
  });

  it("writes of unknown outcome are counted by whether they are there", () => {
    const both = [1, 2].map((startMs) => operation({ startMs, outcome: "unknown" }));
    const regions = { a: rowsOf(both.slice(0, 1)) };
    expect(fateOfWrites(both, readback({ regions })).unknown).toEqual({ present: 1, absent: 1 });
  });

  it("one marker on two rows is a write with two effects", () => {
    const twice = [...whole, { id: "other", version: "1", text: writes[0]?.marker ?? "" }];
    const fates = fateOfWrites(writes, readback({ regions: { a: twice } }));
    expect(fates.twice).toEqual([
      { marker: writes[0]?.marker, ids: [writes[0]?.ticketId, "other"], where: "a" },
    ]);
  });

  it("one key answered with two ids is a write with two effects", () => {
    const first = operation({ startMs: 1, key: "k", ticketId: "x" });
    const again = operation({ startMs: 9, kind: "again", key: "k", ticketId: "y" });
    expect(fateOfWrites([first, again], readback()).twice).toEqual([
      { marker: "k", ids: ["x", "y"], where: "answers to one key" },
    ]);
  });

  it("a change is present when its register holds its value or a later one, and lost below", () => {
    const changes = [2, 3].map((value) =>
      operation({
        startMs: value,
        kind: "change",
        ticketId: "t",
        value,
        marker: registerText("r", value),
      }),
    );
    const at = (value: number) =>
      readback({ regions: { a: [{ id: "t", version: "1", text: registerText("r", value) }] } });
    expect(fateOfWrites(changes, at(3)).missing).toEqual([]);
    expect(fateOfWrites(changes, at(2)).missing.map((m) => m.operation.value)).toEqual([3]);
  });
});
