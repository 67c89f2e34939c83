/**
 * For tests: deployments of real processes in directories of their own, ended after each test.
 * @import { DeploymentOptions, RunningDeployment } from "./supervisor.ts"
 * @import { DeploymentStatus } from "./status.ts"
 * @import { LinkFaults } from "../link/fault.ts"
 * @import { PeersMessage } from "./messages.ts"
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { vi } from "vitest";
import { bundled } from "../link/bundled.mjs";
import { ampleMs } from "../tests/limits.ts";
import { startDeployment } from "./supervisor.ts";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** @param {() => unknown} check */
export const eventually = (check) => vi.waitFor(check, { timeout: ampleMs(15_000), interval: 10 });

/**
 * What the stub tells that it was told.
 * @typedef {object} Told
 * @property {{ joining: boolean, leases: string }} config
 * @property {number} pid
 * @property {PeersMessage} [peers]
 * @property {LinkFaults} faults
 * @property {{ region: string, incarnation: number, genuine: boolean }[]} died
 * @property {object[]} members
 * @property {{ share: number, durationMs: number }} [overload]
 */

/** Bundles the programs once; one stage a test file. */
export async function buildStage() {
  const program = await bundled(here("./stub-child.test-program.mjs"));
  const supervisorProgram = await bundled(here("./supervisor.test-program.mjs"));
  /** @type {RunningDeployment[]} */
  const running = [];
  let dataDir = "";
  /**
   * @param {Partial<DeploymentOptions>} more
   * @returns {DeploymentOptions}
   */
  const optionsWith = (more = {}) => ({
    dataDir,
    programs: { region: program, witness: program, "front-door": program },
    httpPort: 0,
    log: () => undefined,
    ...more,
  });
  return {
    program,
    supervisorProgram,
    optionsWith,
    dataDir: () => dataDir,
    /** Before each test. */
    begin() {
      dataDir = mkdtempSync(join(tmpdir(), "understudy-supervisor-"));
    },
    /** After each test. */
    async end() {
      await Promise.all(running.splice(0).map((deployment) => deployment.stop()));
      rmSync(dataDir, { recursive: true, force: true });
    },
    strike() {
      for (const file of [program, supervisorProgram]) {
        rmSync(dirname(file), { recursive: true, force: true });
      }
    },
    /** @param {Partial<DeploymentOptions>} more */
    async up(more = {}) {
      const deployment = await startDeployment(optionsWith(more));
      running.push(deployment);
      return deployment;
    },
  };
}

/**
 * @param {DeploymentStatus} status
 * @param {string} id
 */
export function regionOf(status, id) {
  const region = status.regions.find((candidate) => candidate.id === id);
  if (region === undefined) throw new Error(`no region ${id}`);
  return region;
}

/**
 * @param {RunningDeployment} deployment
 * @param {string} id
 * @returns {Promise<Told>}
 */
export async function toldTo(deployment, id) {
  const { url } = regionOf(await deployment.status(), id);
  return (await fetch(`${url}/told`)).json();
}

/**
 * @param {RunningDeployment} deployment
 * @param {"GET" | "POST" | "DELETE"} method
 * @param {string} path
 * @param {{ body?: unknown, token?: string }} [options]
 */
export async function control(deployment, method, path, { body, token } = {}) {
  const { control: url, operatorTokenFile } = await deployment.status();
  const bearer = token ?? readFileSync(operatorTokenFile, "utf8").trim();
  const response = await fetch(`${url}/control/${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  /** @type {Record<string, unknown>} */
  const answer = await response.json();
  return { status: response.status, body: answer };
}

/**
 * @param {RunningDeployment} deployment
 * @param {string} kind
 * @param {string[]} regions
 * @param {object} options
 */
export const fault = (deployment, kind, regions = [], options = {}) =>
  control(deployment, "POST", "faults", { body: { kind, regions, options } });
