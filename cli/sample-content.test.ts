import { expect, test } from "vitest";
import { defineApp, type SampleContentOptions } from "../layers/api/index.ts";
import { loadSampleContent } from "./sample-content.ts";

const options = { url: "http://door.test", operatorToken: "t", log: () => undefined };
const app = (id: string, more: object = {}) =>
  defineApp({
    id,
    mode: "active-passive",
    durability: "local",
    objectives: { rtoMs: 1, rpoMs: 1 },
    tables: [],
    api: () => {
      throw new Error("not used here");
    },
    ...more,
  });

test("an app that declares no sample content gets none", async () => {
  expect(await loadSampleContent({ apps: [app("notes")] }, options)).toEqual([]);
});

test("each app loads its own, and an account that two of them name is told once", async () => {
  const asked: SampleContentOptions[] = [];
  const guest = { username: "guest", password: "p" };
  const load = (role: string) => async (given: SampleContentOptions) => {
    asked.push(given);
    return [{ role, ...guest }];
  };
  const apps = [
    app("notes", { sampleContent: load("reader") }),
    app("plain"),
    app("shop", { sampleContent: load("customer") }),
  ];
  expect(await loadSampleContent({ apps }, options)).toEqual([{ role: "reader", ...guest }]);
  expect(asked).toEqual([options, options]);
});

test("sample content that is no function is refused where the app is defined", () => {
  expect(() => app("notes", { sampleContent: [] })).toThrow("sampleContent is no function");
});
