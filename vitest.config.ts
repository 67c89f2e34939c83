import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Those that take longest begin first, or one worker would end with them alone. */
const LONG =
  /targets\/simulated\/(explore|broken)|model\/|cli\/|local\/tests\/|aws\/runtime|testing\//;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean => LONG.test(moduleId);
    return [...files.filter(isLong), ...files.filter((file) => !isLong(file))];
  }
}

const report = process.env["UNDERSTUDY_TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["**/*.test.ts", "**/*.test.tsx"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/.understudy/**", "tools/fixtures/**"],
    // Native stores and child processes do not share a process well; two forks fit two cores.
    pool: "forks",
    maxWorkers: 2,
    sequence: { sequencer: LongFirst },
    // Generous: a test waits for a condition, so the limit is only met when something hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
});
