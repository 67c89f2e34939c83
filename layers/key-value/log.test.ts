import { expect, test } from "vitest";
import { wasLossless } from "./log.ts";

test("whether the cut of an epoch lost something is said by the epoch that followed it", () => {
  const start = (epoch: number, lossless: boolean) => ({
    epoch,
    position: 0,
    region: "a",
    lossless,
  });
  const starts = [start(1, true), start(2, true), start(4, false), start(5, true)];
  const lossless = [1, 2, 3, 4, 5].map((epoch) => wasLossless(starts, epoch));
  // Epoch 3 was of another log, which 4 did not have; after 5 nothing is known.
  expect(lossless).toEqual([true, false, false, true, false]);
});
