/** `understudy drill`: hands over to the drill, which judges a deployment from outside. *shell* */
import type { Command } from "commander";
import { ConfigurationError } from "../base/errors.ts";
import type { DrillOptions } from "../drill/main.ts";
import { loadDeployment } from "../targets/local/supervisor/config-file.ts";
import { type Run, withExamples, withJson } from "./command-line.ts";
import { configFileOf } from "./config-beside.ts";
import { refused, usage } from "./failure.ts";
import { drillTarget, milliseconds, numberBetween, wholeBetween } from "./option-values.ts";

/** Refused before anything starts: the virtual users know one app. */
async function checkApps(config: string): Promise<void> {
  const { apps } = await loadDeployment(config);
  if (apps.some(({ id }) => id === DRILLED_APP)) return;
  const named = apps.map(({ id }) => id).join(", ");
  throw refused(
    "unsupported",
    "The drill does not know these apps",
    `the drill's users work with the tickets app, and ${config} has ${named}. Add tickets to it, ` +
      "or drill the shipped deployment from another directory.",
  );
}

const DRILLED_APP = "tickets";

async function runDrill(options: DrillOptions): Promise<number> {
  // Loaded here, because no other command needs it.
  const drill = await import("../drill/main.ts");
  try {
    drill.checkDrillOptions(options);
  } catch (error) {
    if (error instanceof ConfigurationError) throw usage(error.what, error.got, error.fix);
    throw error;
  }
  const config = configFileOf(options.config);
  if (config === undefined || options.list) return drill.runDrillCommand(options);
  await checkApps(config);
  return drill.runDrillCommand({ ...options, config });
}

interface DrillFlags {
  list: boolean;
  all: boolean;
  target: "simulated" | "local";
  seed?: number;
  runs?: number;
  duration?: number;
  rate?: number;
  report?: string;
  config?: string;
  json: boolean;
}

export function addDrill(program: Command, run: Run): void {
  const most = Number.MAX_SAFE_INTEGER;
  const command = withJson(program.command("drill"))
    .description(
      "rehearse a failure under load: recovery time, and the fate of every acknowledged write",
    )
    .argument("[scenario...]", "which failures; see --list")
    .option("--list", "list the scenarios", false)
    .option("--all", "every scenario", false)
    .option("--target <name>", "local; simulated has no scenarios yet", drillTarget, "local")
    .option("--seed <number>", "chooses what the virtual users do", (text: string) =>
      wholeBetween("--seed", text, 0, most),
    )
    .option("--runs <number>", "how often", (text: string) =>
      wholeBetween("--runs", text, 1, 1_000_000),
    )
    .option("--duration <time>", "how long under load, e.g. 20s", (text: string) =>
      milliseconds("--duration", text),
    )
    .option("--rate <number>", "operations a second", (text: string) =>
      numberBetween("--rate", text, 0.1, 1_000_000),
    )
    .option("--report <dir>", "where to write history, plots and verdict")
    .option(
      "--config <file>",
      "a deployment with the tickets app (default: ./understudy.config.ts)",
    )
    .action(async (scenarios: string[], flags: DrillFlags) => {
      const { duration, report: reportDir, ...rest } = flags;
      const status = await runDrill({
        ...rest,
        scenarios,
        ...(duration === undefined ? {} : { durationMs: duration }),
        ...(reportDir === undefined ? {} : { reportDir }),
      });
      run.end(status);
    });
  withExamples(
    command,
    "drill --list",
    "drill region-kill --duration 20s --rate 200",
    "drill --all --runs 3 --report ./reports",
  );
}
