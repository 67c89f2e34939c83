/** `understudy late-writes`: what regions held beyond a cut, and what became of it. *shell* */
import type { Command } from "commander";
import { formatDuration } from "../base/duration.ts";
import type { LateItem, LateWrite } from "../layers/routing/late.ts";
import { MOST_LATE } from "../layers/routing/late.ts";
import type { DeploymentStatus } from "../targets/local/supervisor/status.ts";
import { type CommonFlags, type Run, withData, withExamples, withJson } from "./command-line.ts";
import { failureOfAnswer, refused, STATUS, type Status } from "./failure.ts";
import { wholeBetween } from "./option-values.ts";
import { addressesFor } from "./routing-command.ts";
import { call, mustRun, type Running, statusOf } from "./running-deployment.ts";
import type { Terminal } from "./terminal.ts";

interface LateFlags extends CommonFlags {
  readonly limit: number;
}

interface SentPage {
  readonly items: readonly LateWrite[];
  readonly cursor?: string;
  readonly readAt: string;
  readonly dataAgeMs: number | null;
}

/** Which region's copy an app's late writes were read from. */
interface Copy {
  readonly app: string;
  readonly readAt: string;
  readonly dataAgeMs: number | null;
}

const LIMIT_MS = 10_000;
const DEFAULT_LIMIT = 20;
/** What a region keeps of an app. */
const MOST = 1000;
const VALUE_MOST = 300;

async function runLateWrites(
  app: string | undefined,
  { limit, json, data }: LateFlags,
  terminal: Terminal,
): Promise<Status> {
  const running = mustRun(data);
  const status = await statusOf(running);
  const apps = app === undefined ? status.apps.map((known) => known.app) : [app];
  const items: LateWrite[] = [];
  const copies: Copy[] = [];
  for (const name of apps) {
    const read = await readApp(running, status, name, limit);
    items.push(...read.items);
    copies.push(read.copy);
  }
  items.sort((a, b) => b.judgedAt - a.judgedAt);
  const shown = items.slice(0, limit);
  if (json) terminal.out(JSON.stringify({ items: shown, copies }));
  else for (const line of describeLate(shown, copies, terminal)) terminal.out(line);
  return STATUS.done;
}

async function readApp(running: Running, status: DeploymentStatus, app: string, limit: number) {
  const items: LateWrite[] = [];
  let cursor: string | undefined;
  for (;;) {
    const query = new URLSearchParams({
      app,
      limit: String(Math.min(limit - items.length, MOST_LATE)),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const page = await getFromFirst(running, addressesFor(status, app), query);
    items.push(...page.items);
    cursor = page.cursor;
    const { readAt, dataAgeMs } = page;
    if (cursor === undefined || items.length >= limit) {
      return { items, copy: { app, readAt, dataAgeMs } };
    }
  }
}

/** From the region that serves the app; where it does not answer, from the next one. */
async function getFromFirst(
  running: Running,
  addresses: readonly string[],
  query: URLSearchParams,
): Promise<SentPage> {
  let last = refused("not-running", "No region can be reached", "No region is up.");
  for (const address of addresses) {
    const url = new URL(`/routing/late-writes?${query}`, address).href;
    const answer = await call(running, { method: "GET", url, limitMs: LIMIT_MS });
    if (answer.kind !== "answer") {
      last = refused("not-running", "No region answers", answer.reason);
      continue;
    }
    if (answer.status < 300) return answer.body as SentPage;
    last = failureOfAnswer(answer.status, answer.body);
    if (answer.status < 500) break;
  }
  throw last;
}

const time = (ms: number): string => new Date(ms).toISOString().replace("T", " ");

export function describeLate(
  items: readonly LateWrite[],
  copies: readonly Copy[],
  { bold, faint }: Pick<Terminal, "bold" | "faint">,
): string[] {
  const lines = items.flatMap((late) => {
    const { app, verdict, region, epoch, writtenAt, judgedAt, judgedBy } = late;
    const written = `written ${time(writtenAt)} in ${region} (epoch ${epoch})`;
    const judged = `judged ${time(judgedAt)} by ${judgedBy}`;
    return [
      `${bold(`${app}: ${verdict}`)}, ${written}, ${judged}`,
      ...late.items.flatMap(describe),
    ];
  });
  if (items.length === 0) {
    const apps = copies.map(({ app }) => app).join(", ");
    lines.push(`No late writes of ${apps || "any app"}.`);
  }
  const old = copies.filter(({ dataAgeMs }) => dataAgeMs !== 0);
  for (const { app, readAt, dataAgeMs } of old) {
    const age = dataAgeMs === null ? "of unknown age" : `${formatDuration(dataAgeMs)} old`;
    lines.push(faint(`${app}: from the copy of ${readAt}, which does not serve it, ${age}.`));
  }
  return lines;
}

function describe({ table, key, outcome, late, kept, hidden }: LateItem): string[] {
  const name = `  ${table} ${key.partition}${key.sort && `/${key.sort}`}: ${outcome}`;
  if (hidden) return [`${name} (values are not shown)`];
  const lateLine = `    late  ${valueText(late)}`;
  return outcome === "recovered"
    ? [name, lateLine]
    : [name, lateLine, `    kept  ${valueText(kept)}`];
}

function valueText(value: LateItem["late"]): string {
  if (value === null || value === undefined) return "(nothing)";
  const text = JSON.stringify(value);
  return text.length <= VALUE_MOST ? text : `${text.slice(0, VALUE_MOST)}... (--json has all)`;
}

export function addLate(program: Command, run: Run): void {
  const command = withJson(withData(program.command("late-writes")))
    .description(
      "list what a region held that nobody else had when an app moved, and what became of it",
    )
    .argument("[app]", "the app's id; without it every app")
    .option(
      "--limit <count>",
      `how many, judged last first, at most ${MOST}`,
      (text: string) => wholeBetween("--limit", text, 1, MOST),
      DEFAULT_LIMIT,
    );
  withExamples(command, "late-writes", "late-writes tickets --limit 100", "late-writes --json");
  command.action(async (app: string | undefined, flags: LateFlags) => {
    run.end(await runLateWrites(app, flags, run.terminal));
  });
}
