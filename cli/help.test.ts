/** What `--help` says is what can be typed. */
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { SCENARIOS } from "../drill/faults/table.ts";
import { createProgram, runCommand } from "./main.ts";
import type { Terminal } from "./terminal.ts";

function speak() {
  const said = { out: "", err: "" };
  const same = (text: string): string => text;
  const terminal: Terminal = {
    isInteractive: false,
    out: (line) => {
      said.out += `${line}\n`;
    },
    err: (line) => {
      said.err += `${line}\n`;
    },
    bold: same,
    faint: same,
    good: same,
    bad: same,
  };
  return { said, terminal };
}

async function run(...argv: string[]) {
  const { said, terminal } = speak();
  return { status: await runCommand(argv, terminal), ...said };
}

const pathOf = (command: Command): string[] =>
  command.parent === null ? [] : [...pathOf(command.parent), command.name()];
const allOf = (command: Command): Command[] =>
  command.commands.flatMap((child) => [child, ...allOf(child)]);
const commands = allOf(createProgram({ terminal: speak().terminal, end: () => undefined }));
const names = commands.map((command) => pathOf(command).join(" "));

/** As a shell splits them. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");

async function examplesOf(name: string): Promise<string[]> {
  const { out } = await run(...name.split(" "), "--help");
  return [...out.matchAll(/^ {2}\$ understudy (.*)$/gm)].map((match) => match[1] ?? "");
}

/** Which command an example comes to, and with which words; nothing of it happens. */
async function parse(example: string): Promise<{ name: string; words: readonly string[] }> {
  const program = createProgram({ terminal: speak().terminal, end: () => undefined });
  let parsed: { name: string; words: readonly string[] } | undefined;
  for (const command of allOf(program)) {
    command.action(() => {
      parsed = { name: pathOf(command).join(" "), words: command.args };
    });
  }
  await program.parseAsync(wordsOf(example), { from: "user" });
  if (parsed === undefined) throw new Error(`${example} comes to no command`);
  return parsed;
}

describe.each(names)("understudy %s --help", (name) => {
  test("says what it does, shows examples that can be typed, and the exit statuses", async () => {
    const { out, status } = await run(...name.split(" "), "--help");
    expect(status).toBe(0);
    expect(out).toMatch(/\n\n\S/);
    expect(out).toContain(
      "Exit status: 0 done, 1 refused or failed, 2 cannot tell, 64 wrong usage.",
    );
    const examples = await examplesOf(name);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const { name: meant } = await parse(example);
      expect(`${meant} `, example).toContain(`${name} `);
    }
  });
});

test("a drill's examples name scenarios that there are", async () => {
  const known = SCENARIOS.map(({ id }) => id);
  const named = await Promise.all((await examplesOf("drill")).map(parse));
  const words = named.flatMap((one) => one.words);
  expect(words.length).toBeGreaterThan(0);
  expect(words.filter((word) => !known.includes(word))).toEqual([]);
});

describe("wrong usage ends with 64, and says what was wrong", () => {
  test.each([
    [["fence", "tickets", "--to", "eu-west-1"], "unknown option '--to'"],
    [["unfence", "tickets", "--accept-data-loss"], "unknown option '--accept-data-loss'"],
    [["failback", "tickets", "--to", "eu-west-1"], "unknown option '--to'"],
    [["switchover", "tickets", "--accept-data-loss"], "unknown option '--accept-data-loss'"],
    [["status", "--jsno"], "Did you mean --json?"],
    [["statsu"], "Did you mean status?"],
    [["fault", "kil", "eu-west-1"], "Did you mean kill?"],
    [["drill", "kill-region"], 'no scenario has this name: got "kill-region"'],
    [["drill", "--duration", "1s"], "--duration is not usable"],
    [["fence"], "fence wants one app or --all"],
    [["fault", "kill"], "missing required argument 'region'"],
  ])("%j", async (argv, reason) => {
    const { status, out, err } = await run(...argv);
    expect([status, out]).toEqual([64, ""]);
    expect(err).toContain(reason);
    const asJson = await run(...argv, "--json");
    expect(asJson.status).toBe(64);
    expect(JSON.parse(asJson.out)).toMatchObject({ type: "/problems/usage", exitStatus: 64 });
  });
});
