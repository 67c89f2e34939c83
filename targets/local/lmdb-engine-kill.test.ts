/** Real processes, killed with SIGKILL while they write. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRng } from "../../base/rng.ts";
import { bundled } from "./link/bundled.mjs";
import { openLmdbEngine } from "./lmdb-engine.ts";

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const children: ChildProcess[] = [];
let engineModule = "";
let folder = "";

beforeAll(async () => {
  engineModule = await bundled(here("./lmdb-engine.ts"));
  folder = mkdtempSync(join(tmpdir(), "understudy-kill-"));
});
afterAll(() => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
  rmSync(dirname(engineModule), { recursive: true, force: true });
});

/** Kills the writer once it has told of `least` flushes; the last transaction it called flushed. */
async function killWriter(path: string, least: number): Promise<number> {
  const program = here("./lmdb-engine.test-program.mjs");
  const child = spawn(process.execPath, [program, engineModule, path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let flushed = 0;
  let told = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    // Lines after the kill still count: they were written before it.
    if (!line.endsWith("}")) continue;
    flushed = (JSON.parse(line) as { flushed?: number }).flushed ?? flushed;
    told += 1;
    if (told === least) child.kill("SIGKILL");
  }
  await ended;
  return flushed;
}

describe("LMDB engine in a process that is killed", () => {
  it("loses nothing that was flushed and keeps a prefix, kill after kill", async () => {
    const rng = createRng(11);
    const path = join(folder, "store");
    let before = 0;
    for (let round = 0; round < 6; round++) {
      const flushed = await killWriter(path, 1 + rng.below(150));
      expect(flushed).toBeGreaterThan(before);
      const engine = await openLmdbEngine({ path });
      expect(engine.sequence).toBeGreaterThanOrEqual(flushed);
      expect(engine.get("last")).toBe(engine.sequence);
      const all = Array.from(engine.range({ from: "n", to: "o" }));
      const numbers = all.map(([, value]) => (value as { number: number }).number);
      const first = Math.max(1, engine.sequence - 4999);
      const expected = Array.from({ length: engine.sequence - first + 1 }, (_, at) => first + at);
      expect(numbers).toEqual(expected);
      before = engine.sequence;
      await engine.close();
    }
  });
});
