/**
 * Runs a deployment on this machine: one process a region, a witness, a front door. *composition*
 *
 * Invariants
 *  D1 one supervisor a data directory                                       (directory-lock.ts)
 *  D2 never two processes of one site that we started                      (site.ts, leftovers.ts)
 *  D3 whatever ends the start, nothing of it keeps running                       (startDeployment)
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { must } from "../../../base/assert.ts";
import { ConfigurationError, explainError, OperatingError } from "../../../base/errors.ts";
import type { LeaseWord } from "../../../layers/routing/lease-words.ts";
import { chooseLoopback, isUsableAddress } from "../dns/loopback.ts";
import { FRONT_DOOR_SITE, WITNESS_SITE } from "../link/address.ts";
import { startDeploymentProvider } from "../oidc/deployment-provider.ts";
import { createVoterDirectories } from "../voter/genesis.ts";
import type { Control } from "./control.ts";
import { openControl } from "./control.ts";
import type { DeploymentFile } from "./data-directory.ts";
import { checkRegions, DataDirectory } from "./data-directory.ts";
import type { DirectoryLock } from "./directory-lock.ts";
import { acquireLock } from "./directory-lock.ts";
import { injectFault } from "./faults.ts";
import { checkPort } from "./front-door-port.ts";
import { reapLeftovers } from "./leftovers.ts";
import { Membership } from "./membership.ts";
import type { RegionRef } from "./messages.ts";
import { answersApps, observeApps } from "./observed-apps.ts";
import { OperatorSessions } from "./operator-session.ts";
import { beginPlannedStop, endPlannedStart } from "./planned.ts";
import { identify, isAlive, type ProcessIdentity } from "./process-identity.ts";
import type { RoundTrip } from "./round-trip.ts";
import type { Programs } from "./sites.ts";
import { Sites } from "./sites.ts";
import type { DeploymentStatus } from "./status.ts";
import { describeDeployment } from "./status.ts";

export interface DeploymentOptions {
  readonly dataDir: string;
  readonly programs: Programs;
  /** Absent: those of the data directory, or the default ones for a new one. */
  readonly regions?: readonly RegionRef[];
  readonly configFile?: string;
  /** Absent: those of the data directory. Each start may have others (leases of two lengths). */
  readonly leases?: LeaseWord;
  /** The front door's; 0 for a free one. */
  readonly httpPort: number;
  /** An address that the front door listens on; absent: the loopback. Regions stay there. */
  readonly frontDoorHost?: string;
  readonly roundTrip?: RoundTrip;
  /** Deletes what the data directory holds first. */
  readonly reset?: boolean;
  readonly startLimitMs?: number;
  /** Whether regions may have addresses of their own; absent: it is tried. */
  readonly hasLoopbackNetwork?: boolean;
  /** Aborted while it starts: everything is stopped, and the start fails. */
  readonly signal?: AbortSignal;
  readonly log: (line: string) => void;
}

export interface RunningDeployment {
  readonly directory: DataDirectory;
  /** The sample content was loaded, or declined with --empty. */
  readonly isSeeded: boolean;
  markSeeded(): void;
  status(): Promise<DeploymentStatus>;
  /** Every app can be written to somewhere (or is fenced), and the front door answers. */
  whenServing(limitMs: number): Promise<void>;
  /** Resolves when nothing runs any more. */
  stop(): Promise<void>;
  /** At once, without asking the processes. */
  kill(): void;
  /** Resolves after the end, whoever asked for it. */
  readonly stopped: Promise<void>;
}

export const DEFAULT_REGIONS: readonly RegionRef[] = [
  { id: "eu-west-1" },
  { id: "ap-southeast-1" },
];

const HOST = "127.0.0.1";
const START_LIMIT_MS = 30_000;
const STOP_GRACE_MS = 5000;
const CHANGE_LIMIT_MS = 120_000;
const APPS_LIMIT_MS = 1000;
const LOOK_EVERY_MS = 25;

export async function startDeployment(options: DeploymentOptions): Promise<RunningDeployment> {
  const directory = new DataDirectory(options.dataDir);
  directory.prepare();
  const lock = await acquireLock(directory.path);
  if ("heldBy" in lock) {
    throw new OperatingError(
      "in-use",
      `${directory.path} is in use: process ${lock.heldBy.pid} runs it${elsewhere(lock.heldBy)}. ` +
        "Stop it with `understudy down`, or name another directory with --data",
      { retryable: true },
    );
  }
  try {
    await reapLeftovers(directory, options.log);
    if (options.reset === true) directory.deleteData();
    directory.prepare();
    await checkPort(options.httpPort, options.frontDoorHost ?? HOST);
    const file = openDeploymentFile(directory, options);
    const deployment = await LocalDeployment.create(options, directory, file, lock);
    await deployment.start(options.signal);
    return deployment;
  } catch (error) {
    directory.clearRunning();
    lock.release();
    throw error;
  }
}

/** A pid that means nothing here is that of another container on the same volume. */
const elsewhere = (holder: ProcessIdentity): string =>
  isAlive(holder) ? "" : ", in another container on this volume";

/** What is stored wins; what was asked for must agree with it. */
function openDeploymentFile(directory: DataDirectory, options: DeploymentOptions): DeploymentFile {
  const stored = directory.readDeployment();
  const { regions, configFile } = options;
  if (stored === undefined) {
    const chosen = checkRegions(regions ?? DEFAULT_REGIONS);
    const made: DeploymentFile = {
      id: randomBytes(8).toString("hex"),
      createdAt: new Date().toISOString(),
      regions: chosen,
      joining: [],
      removed: [],
      witness: chosen.length % 2 === 0,
      isSeeded: false,
      ...(configFile === undefined ? {} : { configFile }),
      ...(options.leases === undefined ? {} : { leases: options.leases }),
    };
    // Before the deployment counts as made: a voter that finds nothing later has lost it.
    const ids = chosen.map((region) => region.id);
    createVoterDirectories(ids, (role, site) => directory.siteDir(role, site));
    directory.writeDeployment(made);
    return made;
  }
  const has = stored.regions.map((region) => region.id).join(",");
  const asked =
    regions === undefined
      ? has
      : checkRegions(regions)
          .map((region) => region.id)
          .join(",");
  if (asked !== has) {
    throw new ConfigurationError({
      what: `the regions asked for are not those of the data directory (${has})`,
      got: asked,
      fix: "Bring --regions or the config file in line with it; `understudy region add|remove` changes them while it runs, and --reset begins anew.",
    });
  }
  const { leases } = options;
  const isSameFile = configFile === undefined || configFile === stored.configFile;
  if (isSameFile && (leases === undefined || leases === stored.leases)) return stored;
  const moved = {
    ...stored,
    ...(configFile === undefined ? {} : { configFile }),
    ...(leases === undefined ? {} : { leases }),
  };
  directory.writeDeployment(moved);
  return moved;
}

/** A region keeps the address that it was once given. */
async function addressBook(book: {
  readonly isWanted: boolean | undefined;
  readonly read: () => DeploymentFile;
  readonly write: (file: DeploymentFile) => void;
}): Promise<(ids: readonly string[]) => DeploymentFile["addresses"] | undefined> {
  const choose = (ids: readonly string[]) => {
    const { id, addresses } = book.read();
    return chooseLoopback(id, ids, addresses);
  };
  const [sample = ""] = Object.values(choose(["sample"]));
  if (!(book.isWanted ?? (await isUsableAddress(sample)))) return () => undefined;
  return (ids) => {
    const file = book.read();
    const addresses = { ...file.addresses, ...choose(ids) };
    const isNews = ids.some((id) => file.addresses?.[id] === undefined);
    if (isNews) book.write({ ...file, addresses });
    return addresses;
  };
}

class LocalDeployment implements RunningDeployment {
  readonly directory: DataDirectory;
  readonly stopped: Promise<void>;
  readonly #lock: DirectoryLock;
  #control: Control | undefined;
  #sites: Sites | undefined;
  #provider: Awaited<ReturnType<typeof startDeploymentProvider>> | undefined;
  #file: DeploymentFile;
  #membership: Membership | undefined;
  #stopping: Promise<void> | undefined;
  #hasStarted = false;
  #tellStopped: () => void = () => undefined;

  private constructor(directory: DataDirectory, file: DeploymentFile, lock: DirectoryLock) {
    this.directory = directory;
    this.#file = file;
    this.#lock = lock;
    this.stopped = new Promise((resolve) => {
      this.#tellStopped = resolve;
    });
  }

  static async create(
    options: DeploymentOptions,
    directory: DataDirectory,
    file: DeploymentFile,
    lock: DirectoryLock,
  ): Promise<LocalDeployment> {
    const self = new LocalDeployment(directory, file, lock);
    const write = (next: DeploymentFile): void => {
      self.#file = next;
      directory.writeDeployment(next);
    };
    const sessions = new OperatorSessions();
    const control = await openControl(directory.operatorToken(), {
      status: () => self.status(),
      fault: (body, by) => injectFault(self.#running, body, STOP_GRACE_MS, by),
      addRegion: (body) => membership.addRegion((body as { id?: unknown } | null)?.id),
      removeRegion: (id, acceptDataLoss) => membership.removeRegion(id, acceptDataLoss),
      operatorOf: (headers) =>
        sessions.operatorOf(
          headers,
          self.#running.addresses().map(({ url }) => url),
        ),
      // The answer leaves first.
      stop: () => void setImmediate(() => void self.stop()),
    });
    const endpoint = { host: control.host, port: control.port };
    await self.#startProvider(options.log);
    const addressesOf = await addressBook({
      isWanted: options.hasLoopbackNetwork,
      read: () => self.#file,
      write,
    });
    const sites = new Sites({
      directory,
      programs: options.programs,
      host: HOST,
      frontDoorPort: options.httpPort,
      ...(options.frontDoorHost === undefined ? {} : { frontDoorHost: options.frontDoorHost }),
      roundTrip: options.roundTrip ?? 0,
      startLimitMs: options.startLimitMs ?? START_LIMIT_MS,
      control: endpoint,
      ...(self.#provider === undefined ? {} : { issuer: self.#provider.issuer }),
      addressesOf,
      deployment: () => self.#file,
      log: options.log,
    });
    const membership = new Membership({
      directory,
      sites,
      read: () => self.#file,
      write,
      stopGraceMs: STOP_GRACE_MS,
      changeLimitMs: CHANGE_LIMIT_MS,
      log: options.log,
    });
    self.#membership = membership;
    self.#control = control;
    self.#sites = sites;
    const supervisor = must(identify(process.pid), "this process runs");
    directory.writeRunning({ supervisor, control: endpoint, children: [] });
    return self;
  }

  /** Outlives the regions, which all send people to it. Without it other ways to sign in remain. */
  async #startProvider(log: (line: string) => void): Promise<void> {
    try {
      this.#provider = await startDeploymentProvider({
        secretHex: this.directory.secretHex(),
        port: 0,
        origins: () => this.#sites?.origins() ?? [],
      });
    } catch (error) {
      log(`no local OpenID provider: ${explainError(error)}`);
    }
  }

  get isSeeded(): boolean {
    return this.#file.isSeeded;
  }

  markSeeded(): void {
    this.#file = { ...this.#file, isSeeded: true };
    this.directory.writeDeployment(this.#file);
  }

  async start(signal?: AbortSignal): Promise<void> {
    const sites = this.#running;
    for (const { id } of this.#file.regions) sites.add("region", id);
    if (this.#file.witness) sites.add("witness", WITNESS_SITE);
    sites.add("front-door", FRONT_DOOR_SITE);
    const abort = (): void => void this.stop();
    signal?.addEventListener("abort", abort, { once: true });
    try {
      signal?.throwIfAborted();
      await Promise.all(sites.all().map((site) => site.start()));
      signal?.throwIfAborted();
    } catch (error) {
      await this.stop();
      throw error;
    }
    this.#hasStarted = true;
    void endPlannedStart(sites, () => this.#stopping !== undefined);
    // What the supervisor before this one had begun goes on beside what it serves.
    void this.#membership?.resume();
  }

  async status(): Promise<DeploymentStatus> {
    return describeDeployment(
      this.#running,
      this.directory,
      must(this.#control, "control is open"),
    );
  }

  async whenServing(limitMs: number): Promise<void> {
    let until = performance.now() + limitMs;
    for (;;) {
      const url = this.#running.get(FRONT_DOOR_SITE)?.lastReady?.url;
      const apps = await observeApps(this.#running.addresses(), APPS_LIMIT_MS);
      const open = apps.filter((app) => !app.isSettled).map((app) => app.app);
      const isReached = url !== undefined && (await answersApps(url, APPS_LIMIT_MS));
      if (isReached && apps.length > 0 && open.length === 0) return;
      if (this.#stopping !== undefined)
        throw new OperatingError("stopped", "it was stopped", { retryable: true });
      if (performance.now() > until && (await this.#isBuilding())) until += limitMs;
      if (performance.now() > until) {
        const what =
          open.length > 0
            ? `${open.join(", ")}: no region may write`
            : "the front door does not answer";
        const logs = join(this.directory.path, "logs");
        throw new OperatingError(
          "not-serving",
          `after ${limitMs / 1000} s ${what}; see the logs in ${logs}`,
          {
            retryable: true,
          },
        );
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Indexes take as long as there are rows. */
  async #isBuilding(): Promise<boolean> {
    const { regions } = await this.status();
    return regions.some(({ building }) => building !== undefined);
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  kill(): void {
    for (const site of this.#running.all()) site.child?.kill("SIGKILL");
  }

  async #stop(): Promise<void> {
    if (this.#hasStarted) await beginPlannedStop(this.#running, this.directory.operatorToken());
    await Promise.all(this.#running.all().map((site) => site.stop(STOP_GRACE_MS)));
    await Promise.all([this.#control?.close(), this.#provider?.close()]);
    this.directory.clearRunning();
    this.#lock.release();
    this.#tellStopped();
  }

  get #running(): Sites {
    return must(this.#sites, "the deployment was made by create");
  }
}
