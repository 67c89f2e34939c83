import { expect, it } from "vitest";
import { compareRegions } from "./equality.ts";

const row = (id: string, version = "1", text = "text") => ({ id, version, text });

it("regions with the same rows are equal, in whatever order", () => {
  const regions = { a: [row("x"), row("y")], b: [row("y"), row("x")] };
  expect(compareRegions({ regions })).toEqual([]);
});

it("a row that one region lacks, or has in another version or text, is told", () => {
  const regions = {
    a: [row("x"), row("y"), row("z"), row("same")],
    b: [row("y", "2"), row("z", "1", "other"), row("same")],
  };
  expect(compareRegions({ regions }).map(({ id }) => id)).toEqual(["x", "y", "z"]);
});

it("a row that only the last region has is told", () => {
  expect(compareRegions({ regions: { a: [], b: [row("x")] } })).toEqual([
    { id: "x", versions: { b: "1 text" } },
  ]);
});

it("comments of two tickets may have one id", () => {
  const one = { ...row("c"), of: "x" };
  const two = { ...row("c"), of: "y" };
  expect(compareRegions({ regions: { a: [one, two], b: [one] } }).map(({ id }) => id)).toEqual([
    "y/c",
  ]);
});
