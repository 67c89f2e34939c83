import { describe, expect, test } from "vitest";
import { findCoreViolations } from "./core-bans.ts";
import { findImportCycles } from "./import-cycles.ts";
import { findImportViolations, show } from "./import-rules.ts";
import { isCode, textFiles } from "./source-files.ts";

const code = textFiles().filter(isCode);

test("every import goes in the direction of the house", () => {
  expect(code.length).toBeGreaterThan(20);
  expect(findImportViolations(code).map(show)).toEqual([]);
});

test("no core touches clocks, chance, waiting or the outside", () => {
  expect(findCoreViolations(code).map(show)).toEqual([]);
});

test("no two files need each other to load", () => {
  expect(findImportCycles(code)).toEqual([]);
});

test("a planted cycle is found once, and one of types only is none", () => {
  const inRing = (keyword: string) =>
    findImportCycles([
      { path: "a/one.ts", text: `import { b } from "./two.ts";` },
      { path: "a/two.ts", text: `import { c } from "../b/three.ts";` },
      { path: "b/three.ts", text: `${keyword} { a } from "../a/one.ts";` },
      { path: "b/four.ts", text: `import { a } from "../a/one.ts";` },
    ]);
  expect(inRing("import")).toEqual(["a/one.ts -> a/two.ts -> b/three.ts -> a/one.ts"]);
  expect(inRing("import type")).toEqual([]);
});

const imports = (path: string, specifier: string, target?: [path: string, text: string]) => {
  const files = [{ path, text: `\nimport { x } from "${specifier}";\n` }];
  if (target) files.push({ path: target[0], text: target[1] });
  return findImportViolations(files).map(show);
};

describe("a planted violation is found:", () => {
  test.each([
    ["base/a.ts", "../layers/routing/port.ts"],
    ["base/a.ts", "zod"],
    ["base/a.ts", "node:fs"],
    ["client/a.ts", "../layers/api/index.ts"],
    ["layers/routing/a.ts", "../key-value/port.ts"],
    ["layers/key-value/a.ts", "../routing/record.ts"],
    ["layers/identity/a.ts", "../api/index.ts"],
    ["layers/region/a.ts", "../api/index.ts"],
    ["layers/api/a.ts", "../presentation/index.ts"],
    ["layers/api/a.ts", "../../targets/local/a.ts"],
    ["layers/api/a.ts", "node:http"],
    ["layers/routing/a.ts", "lmdb"],
    ["apps/tickets/a.ts", "../photos/server.ts"],
    ["apps/tickets/a.ts", "../../targets/local/key-value.ts"],
    ["apps/tickets/model/a.ts", "../server.ts"],
    ["apps/tickets/model/a.ts", "react"],
    ["apps/tickets/server.ts", "node:fs"],
    ["targets/local/a.ts", "../simulated/a.ts"],
    ["targets/local/a.ts", "../../apps/tickets/server.ts"],
    ["targets/local/a.ts", "../../cli/main.ts"],
    ["drill/a.ts", "../layers/api/index.ts"],
    ["drill/a.ts", "../targets/local/supervisor.ts"],
    ["drill/a.ts", "../apps/tickets/server.ts"],
    ["layers/routing/a.test.ts", "../key-value/port.ts"],
    ["sidecar/a.ts", "../base/ids.ts"],
  ])("%s importing %s", (path, specifier) => {
    const [message, ...more] = imports(path, specifier);
    expect(more).toEqual([]);
    expect(message).toContain(`${path}:2: importing `.replace("importing ", ""));
    expect(message).toMatch(/ is banned here, use .+/);
  });

  test("the inside of another layer, until its header says that it is public", () => {
    const path = "layers/api/a.ts";
    const inside = "layers/key-value/merge.ts";
    expect(imports(path, "../key-value/merge.ts", [inside, "/** Merge. *pure* */"])).toEqual([
      "layers/api/a.ts:2: importing the inside of layers/key-value (layers/key-value/merge.ts) " +
        "is banned here, use its port.ts or index.ts, or say *public* in that file's header",
    ]);
    expect(imports(path, "../key-value/merge.ts", [inside, "/** Merge. *public* */"])).toEqual([]);
  });
});

test.each([
  ["layers/routing/a.ts", "../../base/clock.ts"],
  ["layers/region/a.ts", "../routing/register.ts"],
  ["layers/api/a.ts", "../key-value/port.ts"],
  ["layers/key-value/table.ts", "zod"],
  ["layers/key-value/a.test.ts", "fast-check"],
  ["apps/tickets/server.ts", "../../layers/api/index.ts"],
  ["apps/tickets/web/page.tsx", "../../../layers/presentation/region-badge.tsx"],
  ["targets/local/a.ts", "../../layers/routing/register.ts"],
  ["targets/local/main.ts", "../../apps/tickets/server.ts"],
  ["drill/a.ts", "../targets/local/open.ts"],
  ["cli/a.ts", "../drill/run.ts"],
])("%s may import %s", (path, specifier) => {
  expect(imports(path, specifier)).toEqual([]);
});

describe("a planted impurity is found:", () => {
  const inCore = (text: string, path = "layers/routing/lease.ts") =>
    findCoreViolations([{ path, text }]).map(show);

  test.each([
    ["Date", "const now = Date.now();"],
    ["Date", "const now = new Date();"],
    ["performance.now", "const now = performance.now();"],
    ["Math.random", "const chance = Math.random();"],
    ["setTimeout", "setTimeout(step, 10);"],
    ["setInterval", "setInterval(step, 10);"],
    ["queueMicrotask", "queueMicrotask(step);"],
    ["async", "const step = async () => 1;"],
    ["await", "const value = await step();"],
    ["Promise", "const all = Promise.all([]);"],
    ["console", "console.log(1);"],
    ["process", "const home = process.env;"],
    ["fetch", "const answer = fetch(url);"],
    ["Date", "const text = `at ${Date.now()}`;"],
  ])("%s", (banned, text) => {
    expect(inCore(`\n${text}`)[0]).toContain(
      `layers/routing/lease.ts:2: ${banned} is banned here, use `,
    );
  });

  test.each(["base/a.ts", "layers/key-value/a.ts", "layers/region/a.ts", "apps/photos/model/a.ts"])(
    "in %s",
    (path) => expect(inCore("Date.now()", path)).toHaveLength(1),
  );

  test("words in comments, strings and member names are none", () => {
    expect(inCore('// Date\nconst a = "await Date";\nconst b = row.Date;')).toEqual([]);
  });

  test("a shell may wait, a port may promise, a test may do both", () => {
    const wait = "await new Promise((done) => setTimeout(done, 1));";
    expect(inCore(`/** Loop. *shell* */\n${wait}`)).toEqual([]);
    expect(inCore(wait, "layers/routing/lease.test.ts")).toEqual([]);
    expect(inCore(wait, "layers/api/server.ts")).toEqual([]);
    expect(inCore("/** *port* */\nget(): Promise<void>;")).toEqual([]);
    expect(inCore("/** *port* */\nDate.now();")).toHaveLength(1);
  });
});
