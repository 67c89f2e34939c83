import { describe, expect, it } from "vitest";
import { checkEpochs } from "./epochs.ts";
import { mark, operation } from "./test-history.ts";

const rules = (...given: Parameters<typeof checkEpochs>) =>
  checkEpochs(...given).faults.map(({ rule }) => rule);

describe("who acknowledged in which epoch", () => {
  it("one region after the other, each in its epoch, is right", () => {
    const moved = [
      operation({ startMs: 0 }),
      operation({ startMs: 10 }),
      operation({ startMs: 20, region: "b", epoch: 2 }),
    ];
    expect(checkEpochs(moved, [])).toEqual({
      faults: [],
      held: [
        { epoch: 1, region: "a", firstMs: 5, lastMs: 15, writes: 2 },
        { epoch: 2, region: "b", firstMs: 25, lastMs: 25, writes: 1 },
      ],
    });
  });

  it("two regions in one epoch are told", () => {
    const split = [operation({ startMs: 0 }), operation({ startMs: 20, region: "b" })];
    expect(rules(split, [])).toEqual(["split"]);
  });

  it("a write begun after an acknowledgement of a later epoch, and taken in the old one, is told", () => {
    const later = operation({ startMs: 20, region: "b", epoch: 2 });
    const zombie = operation({ startMs: 26 });
    expect(rules([later, zombie], [])).toEqual(["acknowledged-after-later-epoch"]);
  });

  it("a write begun before that, and answered after it, accuses nobody", () => {
    const later = operation({ startMs: 20, region: "b", epoch: 2 });
    const slow = operation({ startMs: 24, endMs: 500 });
    expect(rules([later, slow], [])).toEqual([]);
  });

  it("a read answered as current in the old epoch is told; a stale or leased one is not", () => {
    const later = operation({ startMs: 20, region: "b", epoch: 2 });
    const read = (consistency: string) => {
      return operation({ startMs: 26, kind: "view-current", consistency });
    };
    expect(rules([later, read("current")], [])).toEqual(["current-after-later-epoch"]);
    expect(rules([later, read("leased"), read("stale")], [])).toEqual([]);
  });

  it("a replayed answer tells of the first time, and accuses nobody", () => {
    const later = operation({ startMs: 20, region: "b", epoch: 2 });
    const replay = operation({ startMs: 30, region: "b", epoch: 1, replayed: true });
    expect(rules([operation({ startMs: 0 }), later, replay], [])).toEqual([]);
  });

  it("a region that goes on in its epoch after a restart is told", () => {
    const restart = mark({ atMs: 10, doneMs: 50, restarted: true, what: "restart a" });
    const before = operation({ startMs: 0 });
    expect(rules([before, operation({ startMs: 60 })], [restart])).toEqual([
      "same-epoch-after-restart",
    ]);
    expect(rules([before, operation({ startMs: 60, epoch: 2 })], [restart])).toEqual([]);
  });
});
