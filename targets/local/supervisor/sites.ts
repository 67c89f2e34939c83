/**
 * All processes of a deployment, and what each of them is told. *shell*
 *
 * Whenever one becomes ready or ends, whenever a fault comes or goes, everybody is told the
 * present picture again: peers, faults, and which incarnations are dead. Messages are whole
 * pictures and not changes, so a process that missed one is right after the next.
 */
import { join } from "node:path";
import { isWildcard } from "../http/server.ts";
import { FRONT_DOOR_SITE, siteOf } from "../link/address.ts";
import { isCut } from "../link/fault.ts";
import type { Endpoint, LinkFaults } from "../link/link.ts";
import type { DataDirectory, DeploymentFile } from "./data-directory.ts";
import { signDeath } from "./death-notice.ts";
import type { NetworkFault } from "./fault-plan.ts";
import { planFaults } from "./fault-plan.ts";
import { Injected } from "./injected.ts";
import type {
  ChildConfig,
  NamedAddresses,
  ParentMessage,
  PeersMessage,
  Ready,
  RegionRef,
  Role,
} from "./messages.ts";
import { addressOf } from "./messages.ts";
import type { RoundTrip } from "./round-trip.ts";
import { Site } from "./site.ts";
import { SupervisedChild } from "./supervised-child.ts";

/** The compiled program of each role. */
export type Programs = Readonly<Record<Role, string>>;

export interface SitesOptions {
  readonly directory: DataDirectory;
  readonly programs: Programs;
  readonly host: string;
  readonly frontDoorPort: number;
  /** Where the front door listens; absent: `host`. */
  readonly frontDoorHost?: string;
  readonly roundTrip: RoundTrip;
  readonly startLimitMs: number;
  readonly control: Endpoint;
  /** Of the deployment's OpenID provider. */
  readonly issuer?: string;
  /** A loopback address for each region; undefined where there is only one for all. */
  readonly addressesOf: (regions: readonly string[]) => NamedAddresses["addresses"] | undefined;
  /** The deployment as it is now. */
  readonly deployment: () => DeploymentFile;
  readonly log: (line: string) => void;
}

const HEARD_LIMIT_MS = 500;

export class Sites {
  readonly #options: SitesOptions;
  readonly #sites = new Map<string, Site>();
  /** The last incarnation of each region that is known to be dead. */
  readonly #deaths = new Map<string, number>();
  readonly injected = new Injected();
  #network: readonly NetworkFault[] = [];
  #peersVersion = 0;
  /** From the first start on, until the deployment serves; and from the beginning of its stop. */
  #holdsTakeovers = true;

  constructor(options: SitesOptions) {
    this.#options = options;
  }

  get network(): readonly NetworkFault[] {
    return this.#network;
  }

  all(): readonly Site[] {
    return [...this.#sites.values()];
  }

  get(id: string): Site | undefined {
    return this.#sites.get(id);
  }

  ids(): readonly string[] {
    return [...this.#sites.keys()];
  }

  regions(): readonly Site[] {
    return this.all().filter((site) => site.role === "region");
  }

  add(role: Role, id: string): Site {
    const { log } = this.#options;
    const site = new Site({
      role,
      id,
      log,
      comesBack: role !== "region",
      spawn: (self) => this.#spawn(self),
      changed: () => this.#changed(),
      ended: (self, incarnation) => {
        if (self.role === "region" && incarnation !== undefined)
          this.#deaths.set(self.id, incarnation);
        this.#tellDeaths();
      },
    });
    this.#sites.set(id, site);
    return site;
  }

  remove(id: string): void {
    this.#sites.delete(id);
    this.#network = this.#network.filter((fault) => !fault.sites.includes(id));
    this.#changed();
    this.#tellFaults();
  }

  setNetwork(network: readonly NetworkFault[]): void {
    this.#network = network;
    this.#tellFaults();
    this.#tellDeaths();
  }

  /** Resolves when every region that runs and answers knows. */
  async holdTakeovers(held: boolean): Promise<void> {
    this.#holdsTakeovers = held;
    this.#tell(() => ({ type: "takeovers", held }));
    // Messages arrive in order: who answers a later one has heard this one.
    const running = this.regions().filter(({ state }) => state === "running");
    await Promise.all(running.map(({ child }) => child?.status(HEARD_LIMIT_MS)));
  }

  /** Everybody is told which regions are shown now. */
  shownChanged(): void {
    this.#changed();
  }

  /** What each region's HTTP address is, or was when it last ran. */
  addresses(): readonly { readonly id: string; readonly url: string }[] {
    return this.regions().flatMap(({ id, lastReady, isHidden }) =>
      lastReady?.url === undefined || isHidden ? [] : [{ id, url: lastReady.url }],
    );
  }

  /** Where pages come from: the regions and the front door. */
  origins(): readonly string[] {
    const frontDoor = this.get(FRONT_DOOR_SITE)?.lastReady?.url;
    const urls = this.addresses().map(({ url }) => url);
    const { publicUrl } = this.entrance ?? {};
    return [...urls, frontDoor ?? [], publicUrl ?? []].flat();
  }

  /** Where names lead to; undefined where all regions share one address, or too early. */
  get names(): NamedAddresses | undefined {
    const { frontDoorHost } = this.#options;
    // Who listens on all addresses has the port on all of them.
    if (frontDoorHost !== undefined && isWildcard(frontDoorHost)) return undefined;
    const port = this.get(FRONT_DOOR_SITE)?.httpPort ?? 0;
    const addresses = this.#options.addressesOf(this.regions().map(({ id }) => id));
    return port === 0 || addresses === undefined ? undefined : { port, addresses };
  }

  /** As the first region that started has read it. */
  get naming(): PeersMessage["naming"] {
    return this.#firstRead?.naming;
  }

  get entrance(): PeersMessage["entrance"] {
    return this.#firstRead?.entrance;
  }

  get #firstRead(): Ready | undefined {
    return this.regions().find(({ lastReady }) => lastReady?.naming !== undefined)?.lastReady;
  }

  #plan(): Readonly<Record<string, LinkFaults>> {
    return planFaults(this.ids(), this.#options.roundTrip, this.#network);
  }

  #spawn(site: Site): SupervisedChild {
    const { directory, programs, startLimitMs } = this.#options;
    return new SupervisedChild({
      entry: programs[site.role],
      config: this.#configOf(site),
      logFile: directory.logFile(site.id),
      printedFile: join(directory.siteDir(site.role, site.id), "printed"),
      startLimitMs,
    });
  }

  #configOf(site: Site): ChildConfig {
    const { directory, host, frontDoorPort, frontDoorHost, control, issuer } = this.#options;
    const deployment = this.#options.deployment();
    const self: RegionRef = { id: site.id };
    const before = site.httpPort;
    return {
      role: site.role,
      site: site.id,
      address: addressOf(site.role, site.id),
      ...(site.role === "region" ? { voterAddress: `voter/${site.id}` } : {}),
      deploymentId: deployment.id,
      dataDir: directory.siteDir(site.role, site.id),
      secretHex: directory.secretHex(),
      operatorToken: directory.operatorToken(),
      regions: site.joining ? [...deployment.regions, self] : deployment.regions,
      witness: deployment.witness,
      joining: site.joining,
      ...(deployment.configFile === undefined ? {} : { configFile: deployment.configFile }),
      host,
      ...(site.role === "front-door" && frontDoorHost !== undefined
        ? { clientHost: frontDoorHost }
        : {}),
      httpPort: before === 0 && site.role === "front-door" ? frontDoorPort : before,
      control,
      faults: this.#plan()[site.id] ?? {},
      leases: deployment.leases ?? "default",
      healthBroken: site.healthBroken,
      holdsTakeovers: this.#holdsTakeovers,
      crashes: site.crashes,
      ...(issuer === undefined ? {} : { issuer }),
    };
  }

  #changed(): void {
    const { host, directory, control } = this.#options;
    const frontDoorUrl = this.get(FRONT_DOOR_SITE)?.lastReady?.url;
    const { naming, names, entrance } = this;
    this.#tell(() => ({
      type: "peers",
      ...(naming === undefined ? {} : { naming }),
      ...(names === undefined ? {} : { names }),
      ...(entrance === undefined ? {} : { entrance }),
      version: ++this.#peersVersion,
      peers: Object.assign({}, ...this.all().map((site) => site.endpoints(host))),
      regions: this.addresses(),
      ...(frontDoorUrl === undefined ? {} : { frontDoorUrl }),
    }));
    this.#tellDeaths();
    const running = directory.readRunning();
    if (running === undefined) return;
    const children = this.all().flatMap(({ id, child }) =>
      child?.identity === undefined || child.hasExited ? [] : [{ site: id, ...child.identity }],
    );
    directory.writeRunning({ ...running, control, children });
  }

  #tellFaults(): void {
    const plan = this.#plan();
    this.#tell((site) => ({ type: "faults", faults: plan[site.id] ?? {} }));
  }

  /** A site that is cut off from the dead one is not told: no partition lets such news through. */
  #tellDeaths(): void {
    const secretHex = this.#options.directory.secretHex();
    const plan = this.#plan();
    const notices = [...this.#deaths].map(([region, i]) => signDeath(secretHex, region, i));
    if (notices.length === 0) return;
    this.#tell((site) => ({
      type: "died",
      notices: notices.filter(({ region }) => !isCut(plan[site.id]?.[siteOf(`region/${region}`)])),
    }));
  }

  #tell(message: (site: Site) => ParentMessage): void {
    for (const site of this.all()) {
      if (site.child !== undefined && site.state !== "down") site.child.send(message(site));
    }
  }
}
