import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mustMeasure } from "./measured.ts";

const here = new URL("./", import.meta.url);
const programs = readdirSync(here)
  .filter((name) => /^[a-z-]+\.ts$/.test(name))
  .map((name) => ({ name, text: readFileSync(new URL(name, here), "utf8") }))
  .filter(({ name, text }) => text.includes(`dist/bench/${name.replace(".ts", ".js")}`));

test.each([0, Number.NaN, -1])("%d of what it counts is no result", (count) => {
  expect(() => mustMeasure("writes", count)).toThrow("nothing was measured");
  expect(() => mustMeasure("writes", 1)).not.toThrow();
});

test("every bench fails where it measured nothing", () => {
  expect(programs.length).toBeGreaterThan(12);
  const careless = programs.filter(({ text }) => !/^\s*(?:for .*)?mustMeasure\(/m.test(text));
  expect(careless.map(({ name }) => name)).toEqual([]);
});
