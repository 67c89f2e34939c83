import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { SLOWNESS } from "./targets/local/tests/limits.ts";
import { measureSlowness } from "./tools/machine-speed.ts";

/** Those that take longest begin first, or one worker would end with them alone. */
const LONG =
  /targets\/simulated\/(explore|broken)|model\/|cli\/|local\/tests\/|aws\/runtime|testing\//;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId);
    return [...files.filter(isLong), ...files.filter((file) => !isLong(file))];
  }
}

const WORKERS = 2;
/** Ample on the reference machine: only a test that hangs meets it. */
const TEST_LIMIT_MS = 120_000;
const POLL_LIMIT_MS = 30_000;

const report = process.env["UNDERSTUDY_TEST_REPORT"];

const slowness = await measureSlowness(WORKERS);
if (slowness > 1) {
  console.info(`This machine is slow or busy: the tests' time-outs are ${slowness} times longer.`);
}

export default defineConfig({
  test: {
    include: ["**/*.test.ts", "**/*.test.tsx"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/.understudy/**"],
    // Native stores and child processes do not share a process well; two forks fit two cores.
    pool: "forks",
    maxWorkers: WORKERS,
    sequence: { sequencer: LongFirst },
    testTimeout: TEST_LIMIT_MS * slowness,
    hookTimeout: TEST_LIMIT_MS * slowness,
    expect: { poll: { timeout: POLL_LIMIT_MS * slowness, interval: 10 } },
    env: { [SLOWNESS]: String(slowness) },
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
});
