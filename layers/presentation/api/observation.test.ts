import { expect, test } from "vitest";
import { NOTHING_OBSERVED, observe } from "./observation.ts";

const answer = (epoch: string) =>
  new Headers({ "Understudy-Region": "eu-west-1", "Understudy-Epoch": epoch });

test("an answer that is no app's tells of a region and of no epoch", () => {
  const seen = observe(NOTHING_OBSERVED, answer("0"), true);
  expect(seen).toMatchObject({ region: "eu-west-1", epoch: undefined });
  const ofApp = observe(seen, answer("7"), true);
  expect(ofApp.epoch).toBe(7);
  expect(observe(ofApp, answer("0"), true).epoch).toBe(7);
});
