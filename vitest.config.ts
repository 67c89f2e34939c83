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

/** One more than the cores of the reference machine: tests with real processes wait a lot. */
const WORKERS = 3;
/** Ample on the reference machine: only a test that hangs meets it. */
const TEST_LIMIT_MS = 120_000;
const POLL_LIMIT_MS = 30_000;

const report = process.env["UNDERSTUDY_TEST_REPORT"];

const slowness = await measureSlowness(WORKERS);
if (slowness > 1) {
  console.info(`This machine is slow or busy: the tests' time-outs are ${slowness} times longer.`);
}

/** Rooms without processes, disks or sockets: their files share a process and what it imported. */
const PURE = ["base", "client", "drill/checker", "layers"].map((room) => `${room}/**/*.test.ts`);
const OUTPUT = ["**/node_modules/**", "**/dist/**", "**/.understudy/**"];

const test = {
  testTimeout: TEST_LIMIT_MS * slowness,
  hookTimeout: TEST_LIMIT_MS * slowness,
  expect: { poll: { timeout: POLL_LIMIT_MS * slowness, interval: 10 } },
  env: { [SLOWNESS]: String(slowness) },
};

export default defineConfig({
  test: {
    // Native stores and child processes do not share a process well.
    pool: "forks",
    maxWorkers: WORKERS,
    sequence: { sequencer: LongFirst },
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
    projects: [
      {
        test: {
          ...test,
          name: "real",
          include: ["**/*.test.ts", "**/*.test.tsx"],
          exclude: [...OUTPUT, ...PURE],
        },
      },
      { test: { ...test, name: "pure", include: PURE, exclude: OUTPUT, isolate: false } },
    ],
  },
});
