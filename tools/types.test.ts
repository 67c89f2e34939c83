import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./source-files.ts";

test("every folder, page and test compiles in its own type environment", () => {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const build = ["-b", "tsconfig.check.json", "--pretty", "false"];
  const run = spawnSync(process.execPath, [tsc, ...build], { cwd: root, encoding: "utf8" });
  expect(run.stdout.split("\n").filter((line) => line !== "")).toEqual([]);
  expect({ status: run.status, stderr: run.stderr }).toEqual({ status: 0, stderr: "" });
});
