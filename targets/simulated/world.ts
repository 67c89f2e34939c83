/**
 * The simulated world: sites, a network, virtual time; one seed decides everything. *composition*
 *
 * It runs the cores that the local target runs. Faults are methods; an observer (`watch`) sees
 * every step. `trace` is a running hash over all deliveries: two runs of one seed have one trace.
 */
import { createRng, type Rng } from "../../base/rng.ts";
import type { AppOptions, AppRegion } from "../../layers/region/app-region.ts";
import type { Reads } from "../../layers/region/reads.ts";
import { REGION_RULES, type RegionRules } from "../../layers/region/rules.ts";
import { genesis, type Members, sitesOf, WITNESS } from "../../layers/routing/members.ts";
import {
  LEASE_PROFILES,
  type LeaseTerms,
  ROUTING_RULES,
  type RoutingRules,
} from "../../layers/routing/rules.ts";
import type { VoterDisk } from "../../layers/routing/voter-disk.ts";
import { type LinkQuality, Network } from "./network.ts";
import { type Message, Node, type NodeOptions, type Watch } from "./node.ts";
import { Scheduler } from "./scheduler.ts";

export interface WorldOptions {
  readonly seed: number;
  readonly regions: readonly string[];
  readonly apps: readonly AppOptions[];
  readonly terms?: LeaseTerms;
  /** Only a test that shows a broken rule to be caught gives other rules. */
  readonly routingRules?: RoutingRules;
  readonly regionRules?: RegionRules;
  readonly watch?: Partial<Watch>;
  /** Sees every message when it is sent, and may change or swallow it. */
  readonly intercept?: (
    from: string,
    to: string,
    message: Message,
    nowMs: number,
  ) => Message | undefined;
  /** What a voter finds when it starts. */
  readonly voterFinds?: (site: string, disk: VoterDisk | undefined) => VoterDisk | undefined;
  /** How long after a tick the next one is due; default 10 ms, as in a real region. */
  readonly tickMs?: () => number;
  readonly openDisk?: NodeOptions["openDisk"];
  /** How long bytes stay that no row names, and how they are cut on their way. */
  readonly objects?: { readonly graceMs: number; readonly chunkBytes: number };
}

const TICK_MS = 10;
const NO_WATCH: Watch = {
  began: () => {},
  proposed: () => {},
  voted: () => {},
  started: () => {},
};

/** How long after the end of a process its peers find its port closed, twice. */
const REFUSED_AFTER_MS = 20;

export class World {
  readonly scheduler = new Scheduler();
  readonly rng: Rng;
  readonly network: Network;
  readonly nodes = new Map<string, Node>();
  /** The member list that the world began with. */
  readonly members: Members;
  readonly terms: LeaseTerms;
  readonly #options: WorldOptions;
  #trace = 0x811c9dc5;

  constructor(options: WorldOptions) {
    this.rng = createRng(options.seed);
    this.network = new Network(this.rng.fork());
    this.#options = options;
    this.terms = options.terms ?? LEASE_PROFILES.default;
    const sites = sitesOf(options.regions);
    const voterIds = Object.fromEntries(sites.map((site) => [site, `voter-${site}-0`]));
    this.members = genesis(options.regions, voterIds);
    for (const site of sites) this.nodes.set(site, this.#createNode(site, this.members, true));
  }

  /** The regions that there are, whether or not they are members (yet, or any more). */
  get regions(): readonly string[] {
    return [...this.nodes.keys()].filter((site) => site !== WITNESS);
  }

  /** The latest list that any living voter knows. */
  get newestMembers(): Members {
    const living = [...this.nodes.values()].flatMap(({ process }) => process?.voter.members ?? []);
    return living.reduce((a, b) => (b.version > a.version ? b : a), this.members);
  }

  /** A new machine: it has no disk, and a voter that is in no list. */
  addSite(site: string): void {
    if (this.nodes.has(site)) return;
    const node = this.#createNode(site, this.newestMembers, false);
    this.nodes.set(site, node);
    node.start();
  }

  removeSite(site: string): void {
    this.nodes.get(site)?.kill();
    this.nodes.delete(site);
  }

  #createNode(site: string, members: Members, isFounder: boolean): Node {
    const options = this.#options;
    return new Node({
      site,
      isFounder,
      scheduler: this.scheduler,
      rng: this.rng.fork(),
      members,
      apps: options.apps,
      terms: this.terms,
      routingRules: options.routingRules ?? ROUTING_RULES,
      regionRules: options.regionRules ?? REGION_RULES,
      send: (from, to, message) => {
        const sent = options.intercept ? options.intercept(from, to, message, this.now) : message;
        if (sent !== undefined) this.#deliver(from, to, sent);
      },
      watch: { ...NO_WATCH, ...options.watch },
      tickMs: options.tickMs ?? (() => TICK_MS),
      ...(options.openDisk === undefined ? {} : { openDisk: options.openDisk }),
      ...(options.objects === undefined ? {} : { objects: options.objects }),
      voterFinds: options.voterFinds ?? ((_site, disk) => disk),
    });
  }

  start(): void {
    for (const node of this.nodes.values()) node.start();
  }

  get now(): number {
    return this.scheduler.now;
  }

  get trace(): string {
    return (this.#trace >>> 0).toString(16).padStart(8, "0");
  }

  advance(ms: number): void {
    this.scheduler.runUntil(this.now + ms);
  }

  /** Runs until the condition holds; how long that took, or undefined when it did not. */
  until(condition: () => boolean, withinMs: number): number | undefined {
    const begun = this.now;
    while (this.now - begun < withinMs) {
      if (condition()) return this.now - begun;
      this.advance(5);
    }
    return condition() ? this.now - begun : undefined;
  }

  node(site: string): Node {
    const node = this.nodes.get(site);
    if (node === undefined)
      throw new RangeError(`no site ${site}; there are ${[...this.nodes.keys()]}`);
    return node;
  }

  app(region: string, app: string): AppRegion | undefined {
    return this.node(region).process?.region?.apps.get(app);
  }

  reads(region: string, app: string): Reads | undefined {
    return this.node(region).process?.region?.reads.get(app);
  }

  /** The regions that hold the app's highest begun epoch. */
  holders(app: string): string[] {
    const epochs = this.regions.map((region) => this.app(region, app)?.holding?.epoch ?? 0);
    const highest = Math.max(...epochs);
    return highest === 0 ? [] : this.regions.filter((_, at) => epochs[at] === highest);
  }

  kill(site: string): void {
    this.node(site).kill();
    this.scheduler.after(REFUSED_AFTER_MS, () => {
      for (const other of this.nodes.values()) {
        const hears =
          !this.network.isCut(site, other.site) && !this.network.isCut(other.site, site);
        if (this.nodes.get(site)?.isUp || !hears) continue;
        other.process?.run(() => other.process?.voter.connectionRefused(site));
      }
    });
  }

  restart(site: string): void {
    this.node(site).start();
  }

  freeze(site: string): void {
    this.node(site).freeze();
  }

  thaw(site: string): void {
    this.node(site).thaw();
  }

  /** Cuts a site from all others, or from one; `direction` is seen from the site. */
  partition(site: string, other?: string, direction: "both" | "in" | "out" = "both"): void {
    for (const peer of other === undefined ? this.nodes.keys() : [other]) {
      if (peer === site) continue;
      if (direction !== "in") this.network.cut(site, peer);
      if (direction !== "out") this.network.cut(peer, site);
    }
  }

  slow(site: string, quality: LinkQuality): void {
    for (const peer of this.nodes.keys()) {
      if (peer === site) continue;
      this.network.setQuality(site, peer, quality);
      this.network.setQuality(peer, site, quality);
    }
  }

  heal(): void {
    this.network.heal();
    for (const node of this.nodes.values()) {
      node.clocks.offsetMs = 0;
      node.thaw();
      node.start();
    }
  }

  #deliver(from: string, to: string, message: Message): void {
    const fromSite = siteOf(from);
    const toSite = siteOf(to);
    const node = this.nodes.get(toSite);
    if (node === undefined) return;
    for (const delay of this.network.deliveries(fromSite, toSite)) {
      this.scheduler.after(delay, () => {
        if (this.network.isCut(fromSite, toSite) || !this.nodes.has(toSite)) return;
        this.#note(from, to, message.type);
        node.receive(from, to, message);
      });
    }
  }

  #note(from: string, to: string, type: string): void {
    const moment = this.#trace ^ Math.floor(this.now * 1000);
    const sides = hashed(hashed(hashed(moment, from), ">"), to);
    this.#trace = hashed(hashed(sides, " "), type);
  }
}

/** FNV-1a, continued over a text. */
function hashed(before: number, text: string): number {
  let hash = before;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash;
}

const siteOf = (address: string): string => address.slice(address.indexOf("/") + 1);
