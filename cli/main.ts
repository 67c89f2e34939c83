/**
 * The `understudy` command: what can be typed, and what each of it means. *composition*
 *
 * Every command ends with 0 done, 1 refused or failed, 2 cannot tell, 64 wrong usage (failure.ts).
 */
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import type { FaultKind } from "../targets/local/supervisor/fault-plan.ts";
import { FAULT_KINDS } from "../targets/local/supervisor/fault-plan.ts";
import { runDown } from "./down-command.ts";
import { runDrill } from "./drill-command.ts";
import { CommandFailure, failureOf, STATUS, usage } from "./failure.ts";
import { type FrontDoorFlags, runFrontDoor } from "./front-door-command.ts";
import { runKeysRotate, runOperatorLink } from "./identity-command.ts";
import { runNew } from "./new-command.ts";
import {
  direction,
  drillTarget,
  idList,
  milliseconds,
  numberBetween,
  roundTrip,
  wholeBetween,
} from "./option-values.ts";
import {
  FAULT_TEXTS,
  type FaultFlags,
  faultRequestOf,
  type RegionOptions,
  runFault,
  runRegion,
} from "./process-commands.ts";
import type { RoutingCommand } from "./routing-command.ts";
import { ROUTING_COMMANDS, runRoutingCommand } from "./routing-command.ts";
import { runStatus } from "./status-command.ts";
import type { Terminal } from "./terminal.ts";
import { createTerminal } from "./terminal.ts";
import { runUp } from "./up-command.ts";

const DEFAULT_DATA = "./.understudy";
const DEFAULT_PORT = 8080;
const MAX_PORT = 65_535;
const STATUS_TEXT = "\nExit status: 0 done, 1 refused or failed, 2 cannot tell, 64 wrong usage.";

/** What the command being run has set for its end. */
interface Run {
  readonly terminal: Terminal;
  end: (status: number) => void;
}

export async function runCommand(
  argv: readonly string[],
  terminal: Terminal = createTerminal(),
): Promise<number> {
  let status: number = STATUS.done;
  const run: Run = {
    terminal,
    end: (given) => {
      status = given;
    },
  };
  const program = createProgram(run);
  if (argv.length === 0) {
    terminal.err(program.helpInformation());
    return STATUS.usage;
  }
  try {
    await program.parseAsync(argv, { from: "user" });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return STATUS.done;
    return report(asFailure(error), argv.includes("--json"), terminal);
  }
}

function asFailure(error: unknown): CommandFailure {
  if (!(error instanceof CommanderError)) return failureOf(error);
  const title = error.message.replace(/^error: /, "");
  const fix = "See `understudy --help`.";
  const detail = `${title}. ${fix}`;
  return new CommandFailure(STATUS.usage, { type: "/problems/usage", title, detail, fix });
}

function report(failure: CommandFailure, asJson: boolean, terminal: Terminal): number {
  terminal.err(`understudy: ${failure.message}`);
  if (asJson) terminal.out(JSON.stringify({ ...failure.problem, exitStatus: failure.status }));
  return failure.status;
}

function createProgram(run: Run): Command {
  const { terminal } = run;
  const program = new Command("understudy")
    .description("Runs an application in two or more regions, and moves it when a region is lost.")
    .version(version(), "-V, --version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.out(text.trimEnd()),
      // Errors are reported once, by `report`.
      writeErr: () => undefined,
    })
    .addHelpText("after", STATUS_TEXT);
  addUp(program, run);
  addFrontDoor(program, run);
  addDownAndStatus(program, run);
  for (const name of Object.keys(ROUTING_COMMANDS))
    addRouting(program, name as RoutingCommand, run);
  addFault(program, run);
  addRegion(program, run);
  addIdentity(program, run);
  addDrill(program, run);
  addNew(program, run);
  return program;
}

function version(): string {
  const file = new URL("../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

const withData = (command: Command): Command =>
  command.option("--data <dir>", "where the deployment is kept", DEFAULT_DATA);
const withJson = (command: Command): Command =>
  command.option("--json", "print one JSON object, and problems as problem objects", false);
const examples = (...lines: string[]): string =>
  `\nExamples:\n${lines.map((line) => `  $ understudy ${line}`).join("\n")}`;

interface UpFlags {
  data: string;
  config?: string;
  regions?: string[];
  port: number;
  rtt: number | "aws";
  empty: boolean;
  reset: boolean;
}

function addUp(program: Command, run: Run): void {
  withData(program.command("up"))
    .description("start the regions, the witness and the front door, and stay until stopped")
    .option("--config <file>", "an understudy.config.ts of your own")
    .option("--regions <list>", "regions, the primary first: eu-west-1,ap-southeast-1", idList)
    .option(
      "--port <number>",
      "the front door's; 0 for any free one",
      (text: string) => wholeBetween("--port", text, 0, MAX_PORT),
      DEFAULT_PORT,
    )
    .option("--rtt <ms|aws>", "round trip between regions, or as between AWS regions", roundTrip, 0)
    .option("--empty", "load no sample content", false)
    .option("--reset", "delete what the directory holds, and begin anew", false)
    .addHelpText(
      "after",
      examples(
        "up",
        "up --regions eu-west-1,us-east-1,ap-southeast-1 --rtt aws",
        "up --data /tmp/second --port 0",
      ),
    )
    .action(async (flags: UpFlags) => {
      if (flags.config !== undefined && flags.regions !== undefined) {
        throw usage(
          "--config and --regions exclude each other",
          flags.regions,
          "Name the regions in the file.",
        );
      }
      run.end(await runUp(flags, run.terminal));
    });
}

function addFrontDoor(program: Command, run: Run): void {
  withJson(withData(program.command("front-door")))
    .description("start one more front door for what runs on a data directory, until stopped")
    .option(
      "--port <number>",
      "its port; 0 for any free one",
      (text: string) => wholeBetween("--port", text, 0, MAX_PORT),
      DEFAULT_PORT + 1,
    )
    .option("--log <file>", "write a line per request there")
    .addHelpText("after", examples("front-door --port 8090 --log front-door-2.log"))
    .action(async (flags: FrontDoorFlags) => {
      run.end(await runFrontDoor(flags, run.terminal));
    });
}

function addDownAndStatus(program: Command, run: Run): void {
  withJson(withData(program.command("down")))
    .description("stop what runs on a data directory")
    .option("--delete-data", "delete its data as well", false)
    .addHelpText("after", examples("down", "down --delete-data"))
    .action(async (flags: { data: string; json: boolean; deleteData: boolean }) => {
      run.end(await runDown(flags, run.terminal));
    });
  withJson(withData(program.command("status")))
    .description("tell which processes run, and where each app serves")
    .addHelpText("after", examples("status", "status --json"))
    .action(async (flags: { data: string; json: boolean }) => {
      run.end(await runStatus(flags, run.terminal));
    });
}

interface RoutingFlags {
  data: string;
  json: boolean;
  all: boolean;
  to?: string;
  reason?: string;
  acceptDataLoss: boolean;
  wait: number;
}

function addRouting(program: Command, name: RoutingCommand, run: Run): void {
  withJson(withData(program.command(name)))
    .description(ROUTING_COMMANDS[name])
    .argument("[app]", "the app's id")
    .option("--all", "every app", false)
    .option("--to <region>", "the region that takes over")
    .option("--reason <text>", "for the journal")
    .option("--accept-data-loss", "go on although acknowledged writes may be lost", false)
    .option(
      "--wait <duration>",
      "how long to wait for the result",
      (text: string) => milliseconds("--wait", text),
      60_000,
    )
    .addHelpText("after", examples(`${name} tickets --reason "planned work"`, `${name} --all`))
    .action(async (app: string | undefined, flags: RoutingFlags) => {
      if ((app === undefined) === !flags.all) {
        throw usage(
          `${name} wants one app or --all`,
          app,
          `Write \`understudy ${name} tickets\` or \`understudy ${name} --all\`.`,
        );
      }
      const { wait: waitMs, ...options } = flags;
      run.end(await runRoutingCommand(name, app, { ...options, waitMs }, run.terminal));
    });
}

function addFault(program: Command, run: Run): void {
  const fault = program
    .command("fault")
    .description("break something on purpose, and heal it")
    .addHelpText(
      "after",
      examples(
        "fault kill eu-west-1",
        "fault partition eu-west-1,ap-southeast-1 --direction in",
        "fault slow eu-west-1 --delay 200 --loss 0.05",
        "fault overload eu-west-1 --share 0.9 --duration 1m",
        "fault heal",
      ),
    );
  for (const kind of FAULT_KINDS) addFaultKind(fault, kind, run);
}

function addFaultKind(fault: Command, kind: FaultKind, run: Run): void {
  const command = withJson(withData(fault.command(kind))).description(FAULT_TEXTS[kind]);
  command.argument(
    kind === "heal" ? "[region]" : "<region>",
    `a region, or several with commas${kind === "overload" ? "" : "; witness and front-door as well"}`,
  );
  if (kind === "partition" || kind === "slow") {
    command.option("--direction <way>", "in, out or both, seen from the first region", direction);
  }
  if (kind === "slow") {
    command
      .option("--delay <ms>", "added to every message, each way", (text: string) =>
        milliseconds("--delay", text),
      )
      .option("--jitter <ms>", "added at random, up to this", (text: string) =>
        milliseconds("--jitter", text),
      )
      .option("--loss <share>", "share of messages that get lost, 0 to 1", (text: string) =>
        numberBetween("--loss", text, 0, 1),
      );
  }
  if (kind === "overload") {
    command
      .option("--share <share>", "of its time, 0 to 0.95 (default: 0.8)", (text: string) =>
        numberBetween("--share", text, 0, 0.95),
      )
      .option("--duration <time>", "how long, at most 10m (default: 30s)", (text: string) =>
        milliseconds("--duration", text),
      );
  }
  command.action(async (regions: string | undefined, flags: FaultFlags) => {
    const request = faultRequestOf(kind, regions === undefined ? [] : idList(regions), flags);
    run.end(await runFault(request, flags, run.terminal));
  });
}

function addRegion(program: Command, run: Run): void {
  const region = program
    .command("region")
    .description("add or remove a region while the others serve")
    .addHelpText("after", examples("region add eu-central-1", "region remove eu-central-1"));
  withJson(withData(region.command("add")))
    .description("start a region, make it a member, and copy the data to it")
    .argument("<id>", "the region's id, for example eu-central-1")
    .action(async (id: string, flags: RegionOptions) => {
      run.end(await runRegion("add", id, flags, run.terminal));
    });
  withJson(withData(region.command("remove")))
    .description("make a region leave, and stop it; its data is kept aside")
    .argument("<id>", "the region's id")
    .option("--accept-data-loss", "although it does not answer, and may have what no other has")
    .action(async (id: string, flags: RegionOptions) => {
      run.end(await runRegion("remove", id, flags, run.terminal));
    });
}

function addIdentity(program: Command, run: Run): void {
  const keys = program.command("keys").description("keys that access tokens are signed with");
  withJson(withData(keys.command("rotate")))
    .description("sign with a new key from now on; tokens of the keys before stay good")
    .action(async (flags: { data: string; json: boolean }) => {
      run.end(await runKeysRotate(flags, run.terminal));
    });
  withJson(withData(program.command("operator-link")))
    .description("print a link that signs an operator in to the console, once")
    .option("--username <name>", "whom; made where there is no such account")
    .addHelpText("after", examples("operator-link", "operator-link --username night-shift"))
    .action(async (flags: { data: string; json: boolean; username?: string }) => {
      run.end(await runOperatorLink(flags, run.terminal));
    });
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

function addDrill(program: Command, run: Run): void {
  const most = Number.MAX_SAFE_INTEGER;
  withJson(program.command("drill"))
    .description(
      "rehearse a failure under load: recovery time, and the fate of every acknowledged write",
    )
    .argument("[scenario...]", "which failures; see --list")
    .option("--list", "list the scenarios", false)
    .option("--all", "every scenario", false)
    .option("--target <name>", "simulated or local", drillTarget, "local")
    .option("--seed <number>", "repeats a simulated run exactly", (text: string) =>
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
    .option("--config <file>", "another deployment than the shipped one, with the tickets app")
    .addHelpText(
      "after",
      examples(
        "drill --list",
        "drill kill-region --duration 20s --rate 200",
        "drill --all --target simulated --runs 100",
      ),
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
}

function addNew(program: Command, run: Run): void {
  program
    .command("new")
    .description("make a small app of your own, with a test that loses a region")
    .argument("<dir>", "the directory to make")
    .addHelpText("after", examples("new notes"))
    .action((dir: string) => run.end(runNew(dir, run.terminal)));
}
