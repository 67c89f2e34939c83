/** `understudy keys rotate` and `understudy operator-link`. *shell* */
import type { Command } from "commander";
import { type CommonFlags, type Run, withData, withExamples, withJson } from "./command-line.ts";
import type { Status } from "./failure.ts";
import { STATUS } from "./failure.ts";
import { addressesFor, postToFirst } from "./routing-command.ts";
import { mustRun, type Running, statusOf } from "./running-deployment.ts";
import type { Terminal } from "./terminal.ts";

const IDENTITY = "identity";
const LIMIT_MS = 15_000;

/** As routing commands are sent: to the serving region first. */
async function ask<Body>(running: Running, path: string, body: object) {
  const status = await statusOf(running);
  const addresses = addressesFor(status, IDENTITY);
  const request = { path, body, limitMs: LIMIT_MS };
  return { status, answer: await postToFirst<Body>(running, addresses, request) };
}

/** Tokens of the keys before stay good until they expire. */
async function runKeysRotate(options: CommonFlags, terminal: Terminal): Promise<Status> {
  const running = mustRun(options.data);
  const { answer } = await ask<{ readonly kid: string }>(running, "/identity/keys/rotate", {});
  if (options.json) terminal.out(JSON.stringify(answer));
  else
    terminal.out(
      `Access tokens are signed with ${answer.kid} now; tokens of older keys stay good.`,
    );
  return STATUS.done;
}

async function runOperatorLink(
  options: CommonFlags & { readonly username?: string },
  terminal: Terminal,
): Promise<Status> {
  const { username, json, data } = options;
  const running = mustRun(data);
  const body = username === undefined ? {} : { username };
  const { status, answer } = await ask<{ readonly path: string; readonly expiresOn: string }>(
    running,
    "/identity/operator-link",
    body,
  );
  const url = new URL(answer.path, status.frontDoor ?? addressesFor(status, IDENTITY)[0]).href;
  if (json) terminal.out(JSON.stringify({ url, expiresOn: answer.expiresOn }));
  else terminal.out(`${url}\nIt signs in once, until ${answer.expiresOn}.`);
  return STATUS.done;
}

export function addIdentity(program: Command, run: Run): void {
  const keys = program.command("keys").description("keys that access tokens are signed with");
  withExamples(keys, "keys rotate");
  const rotate = withJson(withData(keys.command("rotate")))
    .description("sign with a new key from now on; tokens of the keys before stay good")
    .action(async (flags: CommonFlags) => {
      run.end(await runKeysRotate(flags, run.terminal));
    });
  withExamples(rotate, "keys rotate");
  const link = withJson(withData(program.command("operator-link")))
    .description("print a link that signs an operator in to the console, once")
    .option("--username <name>", "whom; made where there is no such account")
    .action(async (flags: CommonFlags & { readonly username?: string }) => {
      run.end(await runOperatorLink(flags, run.terminal));
    });
  withExamples(link, "operator-link", "operator-link --username night-shift");
}
