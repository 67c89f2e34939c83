/**
 * A run as a folder: history, verdict and page. *adapter*
 *
 *   DIR/SCENARIO/history.jsonl   one operation a line, in the order in which they returned
 *               /marks.json      what was done, and when; the journal of the deployment
 *               /verdict.json
 *               /report.html
 */
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Operation } from "../history.ts";
import type { DrillResult } from "../run.ts";
import { reportPage } from "./page.ts";
import { verdictJson } from "./verdict-json.ts";

export async function writeReport(
  result: DrillResult,
  to: { readonly dir: string; readonly title: string; readonly madeAt: string },
): Promise<string> {
  const dir = join(to.dir, result.verdict.scenario);
  mkdirSync(dir, { recursive: true });
  const file = createWriteStream(join(dir, "history.jsonl"));
  await pipeline(Readable.from(linesOf(result.history.operations)), file);
  const { marks } = result.history;
  writeFileSync(join(dir, "marks.json"), json({ marks, journal: result.journal }));
  writeFileSync(join(dir, "verdict.json"), json(verdictJson(result.verdict)));
  const page = join(dir, "report.html");
  writeFileSync(page, reportPage(result, to.title, to.madeAt));
  return page;
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
const AT_ONCE = 500;

function* linesOf(operations: readonly Operation[]): Generator<string> {
  for (let from = 0; from < operations.length; from += AT_ONCE) {
    const some = operations.slice(from, from + AT_ONCE);
    yield some.map((operation) => `${JSON.stringify(operation)}\n`).join("");
  }
}
