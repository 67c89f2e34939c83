import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isPutTo, keyValueLaws } from "../layers/key-value/contract.ts";
import {
  KEY_VALUE_ADAPTERS,
  type KeyValueAbilities,
} from "../layers/key-value/contract-adapters.ts";
import { isPutTo as isPutToObjects, objectLaws } from "../layers/objects/contract.ts";
import { OBJECT_ADAPTERS, type ObjectAbilities } from "../layers/objects/contract-adapters.ts";
import { adaptersIn, PORTS, staleNames, unjudged, unlistedPorts } from "./ports.ts";
import { isContract, root, type SourceFile, textFiles } from "./source-files.ts";
import { CAPABILITIES, targetsPage } from "./target-capabilities.ts";

const files = textFiles();
const show = ({ port, path }: ReturnType<typeof unjudged>[number]): string =>
  `${path}: no test runs ${port.suite} on this adapter of ${port.file}`;

test("every adapter of a port is judged by the port's suite", () => {
  expect(unjudged(files).map(show)).toEqual([]);
});

test("every port has a suite, or a reason to have none in tools/ports.ts", () => {
  expect(unlistedPorts(files)).toEqual([]);
  expect(staleNames(files)).toEqual([]);
});

test("the adapters known by name are among those that are found", () => {
  const found = adaptersIn(files).map(({ port, path }) => `${port.name} ${path}`);
  expect(found).toEqual(
    expect.arrayContaining([
      "KeyValueStore layers/key-value/memory-store.ts",
      "KeyValueStore layers/region/store.ts",
      "KeyValueStore targets/simulated/key-value.ts",
      "KeyValueStore targets/aws/runtime/key-value.ts",
      "Engine layers/key-value/memory-engine.ts",
      "Engine targets/local/lmdb-engine.ts",
    ]),
  );
});

describe("a law that an adapter is not able to keep is no test of it, and", () => {
  const keyValue: readonly KeyValueAbilities[] = Object.values(KEY_VALUE_ADAPTERS);
  const objects: readonly ObjectAbilities[] = Object.values(OBJECT_ADAPTERS);

  test("every law is put to some adapter", () => {
    const unputLaws = [
      ...keyValueLaws.filter((law) => !keyValue.some((abilities) => isPutTo(law, abilities))),
      ...objectLaws.filter((law) => !objects.some((abilities) => isPutToObjects(law, abilities))),
    ];
    expect(unputLaws.map(({ name }) => name)).toEqual([]);
  });

  test("a law that needs two writers is put to nobody that has one", () => {
    const alone = { regions: 1, writers: "first", conditions: true } as const;
    const needs = keyValueLaws.filter((law) => isPutTo(law, alone)).map((law) => law.needs);
    expect(new Set(needs)).toEqual(new Set(["one region", "conditions"]));
    const reader = { regions: 2, writers: "first", conditions: true } as const;
    const left = keyValueLaws.filter((law) => !isPutTo(law, reader)).map((law) => law.needs);
    expect(new Set(left)).toEqual(new Set(["two writers", "no conditions"]));
  });

  test("every adapter that declares its abilities runs its suite, and no law is skipped", () => {
    const tests = files.filter(({ path }) => path.endsWith(".test.ts")).map(({ text }) => text);
    const all = tests.join("\n").replace(/\$\{\w+\}/g, "\u0000");
    const isRun = (suite: string, name: string): boolean =>
      new RegExp(`\\b${suite}\\(\\s*["\`]${pattern(name)}["\`]`).test(all);
    const notRun = [
      ...Object.keys(KEY_VALUE_ADAPTERS).filter((one) => !isRun("describeKeyValueContract", one)),
      ...Object.keys(OBJECT_ADAPTERS).filter((one) => !isRun("describeObjectContract", one)),
    ];
    expect(notRun).toEqual([]);
    const skipping = files.filter(({ path, text }) => isContract(path) && /\.skip\b/.test(text));
    expect(skipping.map(({ path }) => path)).toEqual([]);
  });

  /** Names are written out, or put together of parts between commas. */
  function pattern(name: string): string {
    const parts = name.split(", ").map((part) => `(?:${part}|\u0000)`);
    return parts.join(", ");
  }
});

describe("a planted adapter is found", () => {
  const planted: readonly (readonly [how: string, text: string])[] = [
    ["a class", "class A implements KeyValueStore {}"],
    ["a class of two ports", "class A implements Closeable, KeyValueStore {}"],
    ["an interface", "export interface A extends KeyValueStore { close(): void }"],
    ["a function", "export function open(at: string): KeyValueStore { return a; }"],
    ["a promise", "export async function open(): Promise<KeyValueStore> { return a; }"],
    ["a value", "export const a: KeyValueStore = {};"],
  ];
  const path = "targets/planted/key-value.ts";
  const judge = (text: string, ...more: readonly SourceFile[]) =>
    unjudged([{ path, text }, ...more]).map((adapter) => adapter.path);

  test.each(planted)("%s", (_, text) => expect(judge(text)).toEqual([path]));

  test("unless a test reaches it and runs the suite", () => {
    const text = "export function open(): KeyValueStore { return a; }";
    const imports = 'import { open } from "./through.ts";';
    const through = { path: "targets/planted/through.ts", text: 'export * from "./key-value.ts";' };
    const run = (body: string) => ({ path: "targets/planted/a.test.ts", text: imports + body });
    const [port] = PORTS;
    expect(judge(text, through, run(`${port?.suite}("planted", open);`))).toEqual([]);
    expect(judge(text, through, run(`// ${port?.suite}("planted", open);`))).toEqual([path]);
    expect(judge(text, run(`${port?.suite}("planted", open);`))).toEqual([path]);
  });

  test("and nothing that only uses the port", () => {
    const uses = [
      "const a = (store: KeyValueStore) => store.get();",
      "class A { get: KeyValueStore['get'] = run; }",
      "export function a(store: KeyValueStore): void {}",
      "// class A implements KeyValueStore {}",
    ];
    for (const text of uses) expect(judge(text)).toEqual([]);
  });
});

describe("docs/reference/targets.md", () => {
  test("says what the capability flags say", async () => {
    const page = join(root, "docs/reference/targets.md");
    await expect(targetsPage()).toMatchFileSnapshot(page);
  });

  test("points to files that are there", () => {
    const paths = CAPABILITIES.flatMap(({ because }) => because);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
