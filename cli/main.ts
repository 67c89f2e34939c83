/**
 * The `understudy` command: its commands, each declared in a file of its own, and how one ends.
 * *composition*
 *
 * Every command ends with 0 done, 1 refused or failed, 2 cannot tell, 64 wrong usage (failure.ts).
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { type Run, STATUS_TEXT } from "./command-line.ts";
import { addDown } from "./down-command.ts";
import { addDrill } from "./drill-command.ts";
import { CommandFailure, failureOf, STATUS } from "./failure.ts";
import { addFrontDoor } from "./front-door-command.ts";
import { addIdentity } from "./identity-command.ts";
import { addLate } from "./late-command.ts";
import { addNew } from "./new-command.ts";
import { PACKAGE_ROOT } from "./package-root.ts";
import { addFault, addRegion } from "./process-commands.ts";
import { addRouting } from "./routing-command.ts";
import { addStatus } from "./status-command.ts";
import type { Terminal } from "./terminal.ts";
import { createTerminal } from "./terminal.ts";
import { addUp } from "./up-command.ts";

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
  const [what = "", ...more] = error.message.replace(/^error: /, "").split("\n");
  const title = what.trim();
  // Commander names the nearest word it knows on a line of its own.
  const fix = [...more.map((line) => line.replace(/[()]/g, "")), "See `understudy --help`."].join(
    " ",
  );
  const detail = `${title.replace(/\.$/, "")}. ${fix}`;
  return new CommandFailure(STATUS.usage, { type: "/problems/usage", title, detail, fix });
}

function report(failure: CommandFailure, asJson: boolean, terminal: Terminal): number {
  terminal.err(`understudy: ${failure.message}`);
  if (asJson) terminal.out(JSON.stringify({ ...failure.problem, exitStatus: failure.status }));
  return failure.status;
}

export function createProgram(run: Run): Command {
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
  addDown(program, run);
  addStatus(program, run);
  addRouting(program, run);
  addLate(program, run);
  addFault(program, run);
  addRegion(program, run);
  addIdentity(program, run);
  addDrill(program, run);
  addNew(program, run);
  return program;
}

function version(): string {
  const file = join(PACKAGE_ROOT, "package.json");
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
