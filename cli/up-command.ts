/** `understudy up`: runs a deployment in the foreground until it is stopped. *composition* */

import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { placeOf, regionName } from "../base/places.ts";
import type { Deployment, SampleCredentials } from "../layers/api/index.ts";
import type { LeaseWord } from "../layers/routing/lease-words.ts";
import { makeOperatorLink } from "../targets/local/operator-link.ts";
import { loadDeployment } from "../targets/local/supervisor/config-file.ts";
import type { RegionRef } from "../targets/local/supervisor/messages.ts";
import type { RoundTrip } from "../targets/local/supervisor/round-trip.ts";
import type { ReadyLine } from "../targets/local/supervisor/status.ts";
import type { RunningDeployment } from "../targets/local/supervisor/supervisor.ts";
import { startDeployment } from "../targets/local/supervisor/supervisor.ts";
import { type Run, withData, withExamples } from "./command-line.ts";
import { configFileOf } from "./config-beside.ts";
import type { Status } from "./failure.ts";
import { refused, STATUS, usage } from "./failure.ts";
import { describeNames } from "./names-text.ts";
import { idList, leaseWord, listenAddress, roundTrip, wholeBetween } from "./option-values.ts";
import {
  importIfThere,
  loadSampleContent,
  storeAccounts,
  storedAccounts,
} from "./sample-content.ts";
import { listenForStop } from "./stopping.ts";
import { type Terminal, table } from "./terminal.ts";

export interface UpOptions {
  readonly data: string;
  readonly config?: string;
  readonly regions?: readonly string[];
  readonly port: number;
  readonly host?: string;
  readonly rtt: RoundTrip;
  readonly leases?: LeaseWord;
  readonly empty: boolean;
  readonly reset: boolean;
}

const SHIPPED = new URL("../understudy.config.js", import.meta.url).href;
const SERVE_LIMIT_MS = 60_000;
const LINK_MINUTES = 60;

const programs = {
  region: fileURLToPath(new URL("../targets/local/region/main.js", import.meta.url)),
  witness: fileURLToPath(new URL("../targets/local/voter/witness-main.js", import.meta.url)),
  "front-door": fileURLToPath(new URL("../targets/local/front-door/main.js", import.meta.url)),
};

export async function runUp(options: UpOptions, terminal: Terminal): Promise<Status> {
  // Standard output is for the ready line alone, unless a person reads it.
  const say = terminal.isInteractive ? terminal.out : terminal.err;
  const configFile = configFileOf(options.config);
  if (configFile !== undefined && options.regions !== undefined) {
    throw usage(
      "--regions and the config file exclude each other",
      `--regions ${options.regions.join(",")} and ${configFile}`,
      "Name the regions in the file.",
    );
  }
  const named = configFile === undefined ? undefined : await loadDeployment(configFile);
  const regions = named?.regions ?? options.regions?.map((id) => ({ id }));
  const leases = options.leases ?? named?.leases;
  const stop = listenForStop(terminal.err);
  say(configFile === undefined ? "Starting ..." : `Starting what ${configFile} describes ...`);
  let deployment: RunningDeployment;
  try {
    deployment = await startDeployment({
      dataDir: resolve(options.data),
      programs,
      ...(regions === undefined ? {} : { regions }),
      ...(configFile === undefined ? {} : { configFile }),
      ...(leases === undefined ? {} : { leases }),
      httpPort: options.port,
      ...(options.host === undefined ? {} : { frontDoorHost: options.host }),
      roundTrip: options.rtt,
      reset: options.reset,
      signal: stop.signal,
      log: terminal.err,
    });
  } catch (error) {
    if (stop.signal.aborted)
      throw refused("stopped", "It was stopped", "Stopped before it served.");
    throw error;
  }
  stop.signal.addEventListener("abort", () => void deployment.stop());
  stop.again(() => deployment.kill());
  try {
    await deployment.whenServing(SERVE_LIMIT_MS);
  } catch (error) {
    await deployment.stop();
    throw error;
  }
  const accounts = await prepareContent(deployment, options, terminal);
  const line = await readyLine(deployment);
  const titled = deployment.directory.readDeployment()?.regions ?? [];
  const link = await operatorLink(deployment, line, terminal);
  for (const text of welcome(line, { accounts, link }, options, titled, terminal)) say(text);
  if (!terminal.isInteractive) terminal.out(JSON.stringify(line));
  await deployment.stopped;
  say("Stopped.");
  return STATUS.done;
}

async function prepareContent(
  deployment: RunningDeployment,
  options: UpOptions,
  terminal: Terminal,
): Promise<readonly SampleCredentials[]> {
  const { directory } = deployment;
  if (deployment.isSeeded) return storedAccounts(directory.path);
  if (options.empty) {
    deployment.markSeeded();
    return [];
  }
  const { frontDoor } = await deployment.status();
  try {
    const named = await deploymentOf(directory.readDeployment()?.configFile);
    const accounts = await loadSampleContent(named, {
      url: frontDoor ?? "",
      operatorToken: directory.operatorToken(),
      log: terminal.err,
    });
    storeAccounts(directory.path, accounts);
    deployment.markSeeded();
    return accounts;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    terminal.err(
      `understudy: the sample content was not loaded, the next start tries again: ${reason}`,
    );
    return [];
  }
}

/** What was named with --config, now or when the data directory was made; else what comes along. */
async function deploymentOf(configFile: string | undefined): Promise<Pick<Deployment, "apps">> {
  if (configFile !== undefined) return loadDeployment(configFile);
  const shipped = await importIfThere<{ readonly default: Deployment }>(SHIPPED);
  return shipped?.default ?? { apps: [] };
}

async function readyLine(deployment: RunningDeployment): Promise<ReadyLine> {
  const status = await deployment.status();
  const { frontDoor, frontDoorPid, console, dns, witness, operatorTokenFile } = status;
  return {
    ready: true,
    frontDoor,
    frontDoorPid,
    console,
    dns,
    regions: status.regions.map(({ id, url, pid }) => ({ id, url, pid })),
    witness: witness === null ? null : { pid: witness.pid },
    operatorTokenFile,
  };
}

/** Good once, for the person who started it; the command `operator-link` makes others. */
async function operatorLink(
  { directory }: RunningDeployment,
  { frontDoor }: ReadyLine,
  terminal: Terminal,
): Promise<string | undefined> {
  if (frontDoor === null) return undefined;
  try {
    const operatorToken = directory.operatorToken();
    return await makeOperatorLink({ url: frontDoor, operatorToken, minutes: LINK_MINUTES });
  } catch (error) {
    terminal.err(`understudy: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

interface Ways {
  readonly accounts: readonly SampleCredentials[];
  readonly link: string | undefined;
}

function welcome(
  line: ReadyLine,
  { accounts, link }: Ways,
  options: UpOptions,
  named: readonly RegionRef[],
  { bold, faint, good }: Terminal,
): string[] {
  const count = line.regions.length;
  const first = line.regions[0]?.id ?? "";
  const data = options.data === "./.understudy" ? "" : ` --data ${options.data}`;
  const titleOf = (id: string) =>
    named.find((region) => region.id === id)?.title ?? (placeOf(id) ? regionName(id, "en") : "");
  const next: [string, string][] = [
    [`npx understudy fault kill ${first}${data}`, "lose the primary region"],
    [`npx understudy status${data}`, "see where each app serves now"],
    [`npx understudy fault restart ${first}${data}`, "bring it back"],
    [`npx understudy failback --all${data}`, "return to it, without losing anything"],
  ];
  return [
    "",
    `${good("●")} ${bold(`Understudy serves in ${count} ${count === 1 ? "region" : "regions"}.`)}`,
    "",
    `  Start here  ${bold(line.frontDoor ?? "")}/`.replace(/\/\/$/, "/"),
    `  Console     ${line.console ?? ""}`,
    ...(link === undefined
      ? []
      : [`  Operator    ${link}`, "              (signs an operator in once, within the hour)"]),
    ...(line.dns === null
      ? []
      : [`  DNS         ${line.dns.address}:${line.dns.port}, ${describeNames(line.dns)}`]),
    "",
    ...table(
      line.regions.map(({ id, url, pid }) => [`  ${id}`, titleOf(id), url ?? "", `pid ${pid}`]),
    ),
    ...(line.witness === null ? [] : [`  witness, pid ${line.witness.pid}`]),
    ...(accounts.length === 0
      ? []
      : [
          "",
          "  Demo accounts",
          ...table(accounts.map((a) => [`    ${a.role}`, a.username, a.password])),
        ]),
    "",
    `  Try next${count > 1 ? ", in another terminal" : ""}`,
    ...table(next.map(([command, what]) => [`    ${command}`, what])).map((text) => faint(text)),
    "",
    `  ${faint(`Data is kept in ${options.data}. Ctrl-C stops everything.`)}`,
    "",
  ];
}

const DEFAULT_PORT = 8080;
const MAX_PORT = 65_535;

export function addUp(program: Command, run: Run): void {
  const command = withData(program.command("up"))
    .description("start the regions, the witness and the front door, and stay until stopped")
    .option(
      "--config <file>",
      "what to run (default: ./understudy.config.ts, else the shipped apps)",
    )
    .option("--regions <list>", "regions, the primary first: eu-west-1,ap-southeast-1", idList)
    .option(
      "--port <number>",
      "the front door's; 0 for any free one",
      (text: string) => wholeBetween("--port", text, 0, MAX_PORT),
      DEFAULT_PORT,
    )
    .option(
      "--host <address>",
      "where the front door listens; regions stay on the loopback (default: 127.0.0.1)",
      listenAddress,
    )
    .option("--rtt <ms|aws>", "round trip between regions, or as between AWS regions", roundTrip, 0)
    .option(
      "--leases <word>",
      "default, or calm: on a machine that is busy with other things, apps move later",
      leaseWord,
    )
    .option("--empty", "load no sample content", false)
    .option("--reset", "delete what the directory holds, and start with an empty one", false)
    .action(async (flags: UpOptions) => {
      run.end(await runUp(flags, run.terminal));
    });
  withExamples(
    command,
    "up",
    "up --regions eu-west-1,us-east-1,ap-southeast-1 --rtt aws",
    "up --data ./second --port 0",
    "up --host 0.0.0.0",
    "up --leases calm",
  );
}
