// Prints "passed failed skipped" from vitest's JSON report; a file that did not load counts as one
// failure.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const count = { passed: 0, failed: 0, skipped: 0 };
for (const file of report.testResults) {
  for (const result of file.assertionResults) {
    if (result.status === "passed") count.passed++;
    else if (result.status === "failed") count.failed++;
    else count.skipped++;
  }
  const failedInside = file.assertionResults.some((result) => result.status === "failed");
  if (file.status === "failed" && !failedInside) count.failed++;
}
console.log(count.passed, count.failed, count.skipped);
