/**
 * A deployment in the simulated world: the real API and apps in every region, and a network that
 * clients reach them by. *composition*
 *
 *   client --latency--> region up? --process.run--> api --latency--> client
 *                         \-- down: refused, frozen: silence, killed meanwhile: reset
 *
 * Cores tick every ten milliseconds while something is going on. Once nothing has been done to the
 * world, and no routing record has changed, for CALM_AFTER_MS, they tick as seldom as leases are
 * renewed: what they do on messages stays as prompt as ever, and an hour of calm costs little.
 *
 * Links between sites have the round trips of their places; a client is as far from a region as
 * the region it is near to. Partitions are between sites: clients reach a region that is cut off,
 * unless `isolateClients` says otherwise.
 */
import { createRng, type Rng } from "../../base/rng.ts";
import type { Deployment } from "../../layers/api/index.ts";
import { appOptionsOf } from "../../layers/region/app-options.ts";
import type { RegionChangeEnd } from "../../layers/region/region-changing.ts";
import { WITNESS } from "../../layers/routing/members.ts";
import type { RegionView } from "../../layers/routing/port.ts";
import { roundTripMs } from "../../layers/routing/round-trips.ts";
import type { LeaseTerms } from "../../layers/routing/rules.ts";
import { SimulatedMembership } from "./membership.ts";
import type { LinkQuality } from "./network.ts";
import type { Process } from "./node.ts";
import { Pace } from "./pace.ts";
import { createRegionService, type RegionService } from "./region-service.ts";
import { Settling } from "./settling.ts";
import { World } from "./world.ts";

export interface SimulatedDeploymentOptions {
  readonly deployment: Deployment;
  readonly seed: number;
  /** Milliseconds between any two regions, or as between AWS regions. */
  readonly rtt?: number | "aws";
  readonly terms?: LeaseTerms;
}

export interface LogLine {
  readonly atMs: number;
  readonly region: string;
  readonly level: string;
  readonly fields: object;
  readonly text: string | undefined;
}

const UNKNOWN_MS = 150;
const WITNESS_PLACE = "eu-central-1";
const SAME_PLACE_MS = 1;
const JITTER_SHARE = 0.05;
const LOG_LINES = 2000;
const TICK_MS = 10;
const CALM_AFTER_MS = 10_000;

export class SimulatedDeployment {
  readonly world: World;
  readonly deployment: Deployment;
  readonly membership: SimulatedMembership;
  readonly settling = new Settling();
  readonly pace: Pace;
  readonly rng: Rng;
  readonly logged: LogLine[] = [];
  /** Of sites that run another version of the apps. */
  readonly #deployments = new Map<string, Deployment>();
  readonly #services = new Map<string, RegionService>();
  readonly #broken = new Set<string>();
  readonly #unreachable = new Set<string>();
  readonly #connections = new Map<Process, Set<() => void>>();
  readonly #rtt: number | "aws";
  /** What clients are told of. */
  #regions: readonly string[];
  #stirredAt = 0;

  constructor(options: SimulatedDeploymentOptions) {
    const { deployment, seed } = options;
    this.deployment = deployment;
    this.#rtt = options.rtt ?? "aws";
    this.#regions = deployment.regions.map(({ id }) => id);
    this.rng = createRng(seed ^ 0xc11e47);
    this.world = new World({
      seed,
      regions: this.regions,
      apps: deployment.apps.map((app) => ({
        ...appOptionsOf(app, this.regions),
        // `check` looks for each late write, however many there are.
        lateKept: Number.MAX_SAFE_INTEGER,
      })),
      ...(options.terms === undefined ? {} : { terms: options.terms }),
      tickMs: () => (this.isCalm ? this.world.terms.renewMs : TICK_MS),
      watch: {
        started: (site, process) => this.#started(site, process),
        began: () => this.stir(),
      },
    });
    this.pace = new Pace(this.world.scheduler, this.settling);
    this.membership = new SimulatedMembership(this.world, createRng(seed ^ 0x3e3));
    this.#connect([...this.world.nodes.keys()]);
    this.world.start();
  }

  /** The regions that serve clients, in order of preference. */
  get regions(): readonly string[] {
    return this.#regions;
  }

  /** The voters' answer; the region is shown to clients once it `isWhole`. */
  addRegion(region: string): Promise<RegionChangeEnd> {
    this.#connect([...this.world.nodes.keys(), region, WITNESS]);
    return this.#change({ change: "add", region });
  }

  async removeRegion(region: string, acceptDataLoss: boolean): Promise<RegionChangeEnd> {
    const end = await this.#change({ change: "remove", region, acceptDataLoss });
    if (end.kind === "ok") this.#regions = this.#regions.filter((one) => one !== region);
    return end;
  }

  /** Used from the site's next start on. */
  redeploy(site: string, deployment: Deployment): void {
    this.#deployments.set(site, deployment);
    this.world.node(site).apps = deployment.apps.map((app) => appOptionsOf(app, this.regions));
    this.kill(site);
  }

  isWhole(region: string): boolean {
    return this.world.nodes.get(region)?.process?.region?.hasArrived === true;
  }

  show(region: string): void {
    this.#regions = [...this.#regions, region];
  }

  #change(request: Parameters<SimulatedMembership["change"]>[0]): Promise<RegionChangeEnd> {
    this.stir();
    return new Promise((resolve) => {
      this.membership.change(request, (end) => {
        this.settling.mark();
        resolve(end);
      });
    });
  }

  #connect(sites: readonly string[]): void {
    for (const from of sites) {
      for (const to of sites) this.world.network.setUsual(from, to, this.#linkOf(from, to));
    }
  }

  get isCalm(): boolean {
    return this.world.now - this.#stirredAt > CALM_AFTER_MS && !this.world.network.isDisturbed;
  }

  /** Something is being done to the world: cores watch closely from now on. */
  stir(): void {
    const wasCalm = this.isCalm;
    this.#stirredAt = this.world.now;
    if (!wasCalm) return;
    for (const { process } of this.world.nodes.values()) process?.hurry();
  }

  urlOf(region: string): string {
    return `http://${region}.region.test`;
  }

  service(region: string): RegionService | undefined {
    const service = this.#services.get(region);
    const process = this.world.nodes.get(region)?.process;
    return process !== undefined && service?.process === process ? service : undefined;
  }

  kill(site: string): void {
    this.stir();
    const { process } = this.world.node(site);
    this.world.kill(site);
    if (process === undefined) return;
    for (const reset of this.#connections.get(process) ?? []) reset();
    this.#connections.delete(process);
  }

  breakHealth(region: string, isBroken: boolean): void {
    this.stir();
    if (isBroken) this.#broken.add(region);
    else this.#broken.delete(region);
  }

  isolateClients(region: string, isIsolated: boolean): void {
    if (isIsolated) this.#unreachable.add(region);
    else this.#unreachable.delete(region);
  }

  slow(site: string, more: Partial<LinkQuality>, other?: string): void {
    this.stir();
    const { network, nodes } = this.world;
    for (const peer of other === undefined ? nodes.keys() : [other]) {
      if (peer === site) continue;
      for (const [from, to] of [
        [site, peer],
        [peer, site],
      ] as const) {
        const usual = network.usualOf(from, to);
        network.setQuality(from, to, {
          delayMs: usual.delayMs + (more.delayMs ?? 0),
          jitterMs: usual.jitterMs + (more.jitterMs ?? 0),
          loss: more.loss ?? usual.loss,
          duplication: more.duplication ?? usual.duplication,
        });
      }
    }
  }

  heal(): void {
    this.stir();
    this.#broken.clear();
    this.#unreachable.clear();
    for (const node of this.world.nodes.values()) node.engine.setCapacity(undefined);
    this.world.heal();
    for (const node of this.world.nodes.values()) node.clocks.correct();
  }

  /** A request from a client near a region, through the simulated network. */
  fetch(near: string, url: string, init: RequestInit): Promise<Response> {
    const { scheduler } = this.world;
    const region = new URL(url).hostname.split(".")[0] ?? "";
    const delay = (): number => {
      const { delayMs, jitterMs } = this.#linkOf(near, region);
      return delayMs + this.rng.next() * jitterMs;
    };
    return new Promise((resolve, reject) => {
      const end = (act: () => void): void => {
        this.settling.mark();
        act();
      };
      const fail = (code: string): void =>
        end(() => reject(new TypeError("fetch failed", { cause: { code } })));
      init.signal?.addEventListener("abort", () => end(() => reject(init.signal?.reason)));
      const request = new Request(url, withoutSignal(init));
      scheduler.after(delay(), () => {
        if (this.#unreachable.has(region)) return;
        const service = this.service(region);
        if (service === undefined) {
          scheduler.after(delay(), () => fail("ECONNREFUSED"));
          return;
        }
        const { process } = service;
        const open = this.#connections.get(process) ?? new Set();
        this.#connections.set(process, open);
        const reset = (): void => scheduler.after(delay(), () => fail("ECONNRESET"));
        open.add(reset);
        const answer = (response: Response): void => {
          if (!open.delete(reset) || process.isEnded) return;
          scheduler.after(delay(), () => {
            if (!this.#unreachable.has(region)) end(() => resolve(response));
          });
        };
        process.run(() => {
          this.settling.mark();
          service.api.fetch(request).then((response) => {
            // A process that was frozen meanwhile sends when it wakes.
            process.run(() => answer(response));
          });
        });
      });
    });
  }

  #started(site: string, process: Process): void {
    if (process.region === undefined) return;
    const node = this.world.node(site);
    const service = createRegionService({
      deployment: this.#deployments.get(site) ?? this.deployment,
      node,
      process,
      rng: this.rng.fork(),
      regions: () => this.#regionViews(site),
      forward: (region, app, command, options) => {
        const { network } = this.world;
        const other = this.service(region);
        if (other === undefined || network.isCut(site, region)) return undefined;
        return new Promise((resolve) => {
          this.world.scheduler.after(this.#linkOf(site, region).delayMs, () =>
            other.process.run(() => {
              this.settling.mark();
              resolve(other.routing.command(app, command, options));
            }),
          );
        });
      },
      healthChanged: () => this.stir(),
      isBroken: () => this.#broken.has(site),
      answered: () => this.settling.mark(),
      log: (region, level, fields, text) => {
        this.logged.push({ atMs: this.world.now, region, level, fields, text });
        if (this.logged.length > LOG_LINES) this.logged.shift();
      },
    });
    this.#services.set(site, service);
  }

  #regionViews(self: string): readonly RegionView[] {
    return this.regions.map((id) => {
      const process = this.world.nodes.get(id)?.process;
      const up = process !== undefined && !this.world.network.isCut(self, id);
      const incarnation = process?.incarnation ?? 0;
      return { id, url: this.urlOf(id), up, healthy: up && !this.#broken.has(id), incarnation };
    });
  }

  #linkOf(from: string, to: string): LinkQuality {
    const place = (site: string): string => (site === WITNESS ? WITNESS_PLACE : site);
    const known = this.#rtt === "aws" ? roundTripMs(place(from), place(to)) : this.#rtt;
    const roundTrip = from === to ? SAME_PLACE_MS : Math.max(known ?? UNKNOWN_MS, SAME_PLACE_MS);
    const delayMs = roundTrip / 2;
    return { delayMs, jitterMs: delayMs * JITTER_SHARE, loss: 0, duplication: 0 };
  }
}

/** Who gives up is not told to the region. */
function withoutSignal({ signal: _, ...init }: RequestInit): RequestInit {
  return init;
}
