import { expect, test } from "vitest";
import { placeOf, regionName } from "./places.ts";

test("a region has one name per language, and an unknown one its id", () => {
  expect(regionName("eu-west-1", "en")).toBe("Ireland");
  expect(regionName("eu-west-1", "de")).toBe("Irland");
  expect(placeOf("eu-west-1")?.country).toBe("IE");
  expect(regionName("cellar", "en")).toBe("cellar");
  expect(placeOf("cellar")).toBeUndefined();
});
