/** Config files are loaded by Node itself, so this runs in processes without the test's loader. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundled } from "../link/bundled.mjs";
import { ampleMs } from "../tests/limits.ts";

let folder = "";
let module = "";
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "understudy-config-"));
  const entry = fileURLToPath(new URL("./config-file.ts", import.meta.url));
  module = await bundled(entry);
});
afterAll(() => {
  for (const path of [folder, dirname(module)]) rmSync(path, { recursive: true, force: true });
});

function load(name: string, text?: string) {
  const path = join(folder, name);
  if (text !== undefined) writeFileSync(path, text);
  const program = `
    import { loadDeployment } from ${JSON.stringify(pathToFileURL(module).href)};
    try { console.log(JSON.stringify(await loadDeployment(${JSON.stringify(path)}))); }
    catch (error) { console.log(error.message); }
  `;
  return spawnSync(process.execPath, ["--input-type=module", "-e", program], {
    encoding: "utf8",
    timeout: ampleMs(20_000),
  }).stdout.trim();
}

test("a TypeScript config is loaded on every supported Node, with what it imports", () => {
  writeFileSync(join(folder, "my-app.ts"), `export const id: string = "mine";`);
  const text = `
    import { id } from "./my-app.ts";
    interface Shape { regions: { id: string }[]; apps: object[] }
    export default { regions: [{ id: "a" }], apps: [{ id }] } satisfies Shape;
  `;
  expect(load("understudy.config.ts", text)).toBe(
    `{"regions":[{"id":"a"}],"apps":[{"id":"mine"}]}`,
  );
});

test("a JavaScript config is loaded", () => {
  const text = `export default { regions: [{ id: "a" }], apps: [] };`;
  expect(load("understudy.config.mjs", text)).toBe(`{"regions":[{"id":"a"}],"apps":[]}`);
});

test.each([
  ["missing.ts", undefined, "does not exist"],
  ["config.yaml", "regions: []", "of an unknown kind"],
  ["empty.mjs", "export default {};", "exports no deployment"],
  ["bare.mjs", "export const apps = [];", "export default defineDeployment"],
  ["number.mjs", "export default 7;", "exports no deployment"],
  ["by-hand.mjs", 'export default { regions: ["a"], apps: [{}] };', "exports no deployment"],
  ["broken.mjs", "\nexport default {", "cannot be loaded: SyntaxError: Unexpected end of input"],
  ["broken.ts", "export default {\n", "cannot be loaded: "],
  ["throws.mjs", '\nthrow new Error("no key");', "cannot be loaded: Error: no key (line 2)"],
  ["imports.mjs", 'import "./gone.mjs"; export default {};', "gone.mjs"],
])("a config that cannot be used is refused with the reason: %s", (name, text, reason) => {
  const told = load(name, text);
  expect(told).toContain(reason);
  expect(told).not.toMatch(/^ *at /m);
});
