import { defineConfig } from "vitest/config";

const report = process.env["UNDERSTUDY_TEST_REPORT"];

export default defineConfig({
  test: {
    include: ["**/*.test.ts", "**/*.test.tsx"],
    exclude: ["**/node_modules/**", "**/dist/**", "**/.understudy/**", "tools/fixtures/**"],
    // Native stores and child processes do not share a process well; two forks fit two cores.
    pool: "forks",
    maxWorkers: 2,
    // Generous: a test waits for a condition, so the limit is only met when something hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
  },
});
