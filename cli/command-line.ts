/** What the files of the commands share: options that most have, and help texts. *shell* */
import type { Command } from "commander";
import type { Terminal } from "./terminal.ts";

/** What the command being run has set for its end. */
export interface Run {
  readonly terminal: Terminal;
  end: (status: number) => void;
}

export interface CommonFlags {
  readonly data: string;
  readonly json: boolean;
}

const DEFAULT_DATA = "./.understudy";

export const withData = (command: Command): Command =>
  command.option("--data <dir>", "where the deployment is kept", DEFAULT_DATA);

export const withJson = (command: Command): Command =>
  command.option("--json", "print one JSON object, and problems as problem objects", false);

export const STATUS_TEXT =
  "\nExit status: 0 done, 1 refused or failed, 2 cannot tell, 64 wrong usage.";

/** Each line is an example without the leading `understudy`; the tests run every one. */
export const withExamples = (command: Command, ...lines: string[]): Command =>
  command.addHelpText(
    "after",
    `\nExamples:\n${lines.map((line) => `  $ understudy ${line}`).join("\n")}\n${STATUS_TEXT}`,
  );
