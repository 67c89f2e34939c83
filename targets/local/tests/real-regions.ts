/**
 * Deployments of real regions for tests: bundled from the sources, run by the real supervisor, in
 * directories of their own, ended after each test. *composition*
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll } from "vitest";
import type { Programs } from "../supervisor/sites.ts";
import {
  type DeploymentOptions,
  type RunningDeployment,
  startDeployment,
} from "../supervisor/supervisor.ts";
import { ampleMs } from "./limits.ts";
import { type Answer, ask, until } from "./region-client.ts";

export interface RealDeployment {
  readonly running: RunningDeployment;
  readonly programs: Programs;
  readonly dataDir: string;
  readonly operatorToken: string;
  urlOf(region: string): Promise<string>;
  pidOf(region: string): Promise<number>;
  witnessPid(): Promise<number>;
  fault(kind: string, regions: readonly string[], options?: object): Promise<void>;
  command(region: string, app: string, command: string, body?: object): Promise<Answer>;
  /** Where an app serves, as a region sees it; undefined while the region does not answer. */
  viewOf(region: string, app: string): Promise<Answer["body"]>;
  /** One region serves the app, and all of them are in sync. */
  isSettled(app: string): Promise<boolean>;
}

export const A = "eu-west-1";
export const B = "ap-southeast-1";

const SERVE_LIMIT_MS = ampleMs(20_000);
const FAULT_LIMIT_MS = ampleMs(30_000);

export async function buildPrograms(): Promise<Programs> {
  const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  // Plain JavaScript, and only there where the sources are: not part of what is compiled.
  const bundler = new URL("../link/bundled.mjs", import.meta.url).href;
  const { bundled } = (await import(bundler)) as { bundled: (entry: string) => Promise<string> };
  return {
    region: await bundled(here("../region/main.ts")),
    witness: await bundled(here("../voter/witness-main.ts")),
    "front-door": await bundled(here("../front-door/main.ts")),
  };
}

export function removePrograms(programs: Programs | undefined): void {
  for (const file of Object.values(programs ?? {})) {
    rmSync(dirname(file), { recursive: true, force: true });
  }
}

export interface RealOptions extends Partial<DeploymentOptions> {
  /** Active-passive ones, which are waited for; those of the shipped deployment where absent. */
  readonly apps?: readonly string[];
}

export async function startReal(
  programs: Programs,
  { apps = ["tickets", "identity"], ...more }: RealOptions = {},
): Promise<RealDeployment> {
  const dataDir = more.dataDir ?? mkdtempSync(join(tmpdir(), "understudy-region-"));
  const log = (): void => undefined;
  const running = await startDeployment({ programs, httpPort: 0, log, ...more, dataDir });
  await running.whenServing(SERVE_LIMIT_MS);
  const { operatorTokenFile } = await running.status();
  const operatorToken = readFileSync(operatorTokenFile, "utf8").trim();

  const regionOf = async (id: string) => {
    const region = (await running.status()).regions.find((one) => one.id === id);
    if (region === undefined) throw new Error(`no region ${id}`);
    return region;
  };
  const deployment: RealDeployment = {
    running,
    programs,
    dataDir,
    operatorToken,
    urlOf: async (region) => (await regionOf(region)).url ?? "",
    pidOf: async (region) => (await regionOf(region)).pid ?? 0,
    witnessPid: async () => (await running.status()).witness?.pid ?? 0,
    fault: async (kind, regions, options = {}) => {
      const { control } = await running.status();
      const answer = await ask(control, "/control/faults", {
        method: "POST",
        token: operatorToken,
        body: { kind, regions, options },
        limitMs: FAULT_LIMIT_MS,
      });
      if (answer.status >= 300) throw new Error(`${kind}: ${JSON.stringify(answer.body)}`);
    },
    command: async (region, app, command, body = {}) =>
      ask(await deployment.urlOf(region), `/routing/apps/${app}/${command}`, {
        method: "POST",
        token: operatorToken,
        body,
        limitMs: FAULT_LIMIT_MS,
      }),
    viewOf: async (region, app) => {
      const url = await deployment.urlOf(region);
      const answer = await ask(url, `/routing/apps/${app}`, { limitMs: 1000 }).catch(
        () => undefined,
      );
      return answer?.body;
    },
    isSettled: async (app) => {
      const views = [await deployment.viewOf(A, app), await deployment.viewOf(B, app)];
      const serving = views.filter((view) => view?.holdsLease === true);
      return serving.length === 1 && serving[0].inSyncRegions.length === views.length;
    },
  };
  for (const app of apps) {
    await until(`${app} is in sync everywhere`, () => deployment.isSettled(app));
  }
  return deployment;
}

export async function endReal(deployment: RealDeployment | undefined): Promise<void> {
  await deployment?.running.stop();
  if (deployment !== undefined) rmSync(deployment.dataDir, { recursive: true, force: true });
}

/** For a test file: what it starts is ended after each test, after the file's own `afterEach`. */
export function useReal(): { readonly start: (options?: RealOptions) => Promise<RealDeployment> } {
  let programs: Programs;
  const started: RealDeployment[] = [];
  beforeAll(async () => {
    programs = await buildPrograms();
  });
  afterEach(async () => {
    const ended = started.splice(0);
    // Several may have had one directory, one after the other.
    await Promise.all(ended.map(({ running }) => running.stop()));
    await Promise.all(ended.map(endReal));
  });
  afterAll(() => removePrograms(programs));
  return {
    start: async (options) => {
      const deployment = await startReal(programs, options);
      started.push(deployment);
      return deployment;
    },
  };
}
