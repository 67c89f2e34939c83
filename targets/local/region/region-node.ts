/**
 * Everything that makes up a region: the cores between a real store, real links, a voter in its own
 * thread, and HTTP. *composition*
 *
 *   requests --> api --> stores --+                       +--> link "region/ID" --> other regions,
 *   link "region/ID" --> messages +--> cores --end of --->|                         voters
 *   voter's thread --> news ------+    the turn           +--> store --on disk--> cores
 *
 * The cores are made once the members are known: from this store or the voter's directory, else,
 * where that was lost, from the other voters. Until then HTTP answers 503.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { createIds } from "../../../base/ids.ts";
import { createRegionApi, type Deployment, type RegionApi } from "../../../layers/api/index.ts";
import { tuple } from "../../../layers/key-value/key.ts";
import { appOptionsOf } from "../../../layers/region/app-options.ts";
import type { RegionMessage } from "../../../layers/region/messages.ts";
import { latestOf, type Members } from "../../../layers/routing/members.ts";
import type { VoterReply } from "../../../layers/routing/messages.ts";
import type { Holder } from "../../../layers/routing/record.ts";
import { LEASE_PROFILES } from "../../../layers/routing/rules.ts";
import { createSystemClock } from "../clock.ts";
import { createHealthWatch } from "../health-watch.ts";
import { createSharpImageProcessor } from "../images/image-processor.ts";
import type { LinkFaults } from "../link/fault.ts";
import { createLink, type Link } from "../link/link.ts";
import { type LmdbEngine, openLmdbEngine } from "../lmdb-engine.ts";
import { ObjectsGround } from "../objects/region-objects.ts";
import { createPages, docsFile, packageVersion, webRoot } from "../pages.ts";
import { createLocalRouting, type LocalRouting } from "../routing.ts";
import { createForward } from "../routing-commands.ts";
import { type RegionWatch, watchRegions } from "../routing-regions.ts";
import type {
  ChildConfig,
  ChildStatus,
  MembersChange,
  MembersResult,
  PeersMessage,
  Ready,
} from "../supervisor/messages.ts";
import { START_AGAIN, TAKEN } from "../supervisor/messages.ts";
import { LeaseBoard } from "../voter/lease-board.ts";
import type { FromWorker } from "../voter/messages.ts";
import type { AppFaults } from "./app-faults.ts";
import { deploymentOf } from "./apps.ts";
import { type HttpServer, listen, listenOptionsOf } from "./http-server.ts";
import type { Journey } from "./journey.ts";
import { healthIn, reportIn, startJourneys } from "./journeys.ts";
import { createLeaseView } from "./lease-view.ts";
import { logRouting, logTrouble, type RegionLog } from "./log.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { NamedListener } from "./named-listener.ts";
import { openTables } from "./open-tables.ts";
import { createOrigins, type Origins } from "./origins.ts";
import { createPlatformRng } from "./random.ts";
import { RegionCores } from "./region-cores.ts";
import { createRegionIdentity, deliverMessages } from "./region-identity.ts";
import { starting } from "./starting.ts";
import { startVoterThread, type VoterThread, voterStartOf } from "./voter-thread.ts";

export interface RegionNodeOptions {
  readonly config: ChildConfig;
  /** The program of the voter's thread. */
  readonly entry: URL;
  readonly log: RegionLog;
  readonly faults: AppFaults;
  readonly end: (reason: string, status?: number) => void;
  readonly opening: (what: string) => void;
}

/** What is there once the members are known. */
interface Service {
  readonly cores: RegionCores;
  readonly routing: LocalRouting;
  readonly api: RegionApi;
  readonly journeys: ReadonlyMap<string, Journey>;
}

const membersKey = tuple("m", "members");
const digest = (text: string): string => createHash("sha256").update(text).digest("base64url");

export class RegionNode {
  readonly #options: RegionNodeOptions;
  readonly #clock = createSystemClock();
  readonly #origins: Origins;
  readonly #checks = createHealthWatch();
  readonly #named: NamedListener;
  readonly #deployment: Deployment;
  readonly #engine: LmdbEngine;
  readonly #board: LeaseBoard;
  readonly #thread: VoterThread;
  readonly #link: Link;
  readonly #objects: ObjectsGround;
  readonly #watch: RegionWatch;
  #http: HttpServer | undefined;
  #service: Service | undefined;
  #hasPeers = false;
  #isBroken: boolean;
  #holdsTakeovers: boolean;

  private constructor(
    options: RegionNodeOptions,
    parts: {
      deployment: Deployment;
      engine: LmdbEngine;
      board: LeaseBoard;
      thread: VoterThread;
      link: Link;
      ground: ObjectsGround;
    },
  ) {
    const { config, end } = options;
    this.#options = options;
    this.#deployment = parts.deployment;
    this.#origins = createOrigins(parts.deployment.apps.map(({ id }) => id));
    this.#named = new NamedListener(config.site, options.log);
    this.#engine = parts.engine;
    this.#board = parts.board;
    this.#thread = parts.thread;
    this.#link = parts.link;
    this.#objects = parts.ground;
    this.#isBroken = config.healthBroken;
    this.#holdsTakeovers = config.holdsTakeovers;
    const { incarnation } = parts.engine;
    const ownHealth = (): boolean => this.status().healthy;
    this.#watch = watchRegions({ self: config.site, incarnation, link: parts.link, ownHealth });
    parts.engine.onSuperseded(() => end("another process has opened the store"));
    parts.engine.onTrouble((error) => logTrouble(options.log, error));
    for (const link of this.#links) link.setFaults(config.faults);
    parts.link.onMessage((from, message, told) => this.#receive(from, message, told));
    parts.thread.listen((message) => this.#news(message));
  }

  static async start(options: RegionNodeOptions): Promise<RegionNode> {
    const { config, entry, end, log } = options;
    const [deployment, engine] = await Promise.all([
      deploymentOf(config),
      openLmdbEngine({ path: join(config.dataDir, "store") }),
    ]);
    await openTables(engine, deployment.apps, options);
    const apps = deployment.apps.map((app) => app.id);
    const board = new LeaseBoard(apps);
    const { incarnation } = engine;
    const { secretHex, host } = config;
    const linkLog = (line: string): void => log.info({ event: "link" }, line);
    const identity = { incarnation, secret: Buffer.from(secretHex, "hex"), host, log: linkLog };
    const [thread, link, ground] = await Promise.all([
      startVoterThread(
        entry,
        voterStartOf(config, { incarnation, apps, board: board.memory }),
        (reason) => end(reason.message),
        linkLog,
      ),
      createLink({ ...identity, address: config.address }),
      ObjectsGround.open({
        dataDir: config.dataDir,
        site: config.site,
        apps: deployment.apps.filter((app) => app.buckets?.length).map((app) => app.id),
        link: identity,
        log: (level, fields, text) => log[level](fields, text),
      }),
    ]);
    const node = new RegionNode(options, { deployment, engine, board, thread, link, ground });
    const members = latestOf(engine.get(membersKey) as Members | undefined, thread.members);
    if (members !== undefined) node.#create(members);
    const http = await listen(listenOptionsOf(config), (request) => node.#answer(request));
    node.#http = http;
    thread.post({ type: "url", url: node.url });
    return node;
  }

  get url(): string {
    const { host } = this.#options.config;
    return `http://${host}:${this.#http?.port ?? 0}`;
  }

  readonly #now = () => this.#clock.now();
  get #links(): readonly Link[] {
    const { link } = this.#objects;
    return link === undefined ? [this.#link] : [this.#link, link];
  }

  get ready(): Ready {
    return {
      url: this.url,
      linkPort: this.#link.port,
      voterPort: this.#thread.port,
      ...this.#objects.ready,
      incarnation: this.#engine.incarnation,
      naming: this.#deployment.naming,
      entrance: this.#deployment.entrance,
    };
  }

  usePeers(message: PeersMessage): void {
    this.#origins.use(message);
    this.#watch.useAddresses(message.regions);
    this.#checks.use(message);
    if (this.#http !== undefined) this.#named.use(this.#http, message.names);
    for (const link of this.#links) link.setPeers(message.peers);
    const { peers, regions, naming } = message;
    this.#thread.post({ type: "peers", peers, regions, ...(naming && { naming }) });
    if (this.#hasPeers) return;
    this.#hasPeers = true;
    this.#service?.cores.boot();
  }

  useFaults(faults: LinkFaults): void {
    for (const link of this.#links) link.setFaults(faults);
    this.#thread.post({ type: "faults", faults });
  }

  died(holder: Holder): void {
    const { region, incarnation } = holder;
    this.#thread.post({ type: "died", holder: { region, incarnation } });
  }

  holdTakeovers(held: boolean): void {
    this.#holdsTakeovers = held;
    this.#service?.cores.region.holdTakeovers(held);
  }

  breakHealth(broken: boolean): void {
    this.#isBroken = broken;
    for (const journey of this.#service?.journeys.values() ?? []) journey.breakIt(broken);
  }

  status(): ChildStatus {
    const { named } = this.#named;
    const hasArrived = this.#service?.cores.region.hasArrived ?? false;
    return { ...healthIn(this.#service), hasArrived, ...(named && { named }) };
  }

  /** Adds or removes another region; the supervisor asks. */
  async changeMembers(change: MembersChange): Promise<MembersResult> {
    const { cores } = this.#service ?? {};
    if (cores === undefined) {
      return { kind: "unknown", reason: `${this.#options.config.site} does not know the members` };
    }
    const end = await cores.changeRegions({ ...change, by: "operator" });
    return end.kind === "ok" ? { kind: "ok" } : end;
  }

  async stop(): Promise<void> {
    const service = this.#service;
    service?.api.close();
    this.#named.close();
    this.#checks.close();
    await this.#http?.close();
    for (const journey of service?.journeys.values() ?? []) journey.stop();
    service?.routing.close();
    this.#objects.stop();
    service?.cores.stop();
    this.#watch.close();
    await Promise.all([this.#thread.stop(), this.#link.close(), this.#objects.close()]);
    await this.#engine.close();
  }

  #create(members: Members): void {
    const { config, log } = this.#options;
    const { incarnation } = this.#engine;
    this.#thread.post({ type: "members", members });
    const self = { region: config.site, incarnation };
    const cores = new RegionCores({
      self,
      engine: this.#engine,
      lease: createLeaseView(this.#board, (message) => this.#thread.post(message)),
      terms: LEASE_PROFILES[config.leases],
      members,
      apps: this.#deployment.apps.map((app) => appOptionsOf(app, members.regions)),
      now: this.#now,
      send: (to, message) => this.#link.send(to, message),
      renew: (apps, urgent) => this.#thread.post({ type: "tell", apps, urgent }),
      membersChanged: (next) => {
        const { version, sets } = next;
        log.info({ event: "members", version, open: sets.length > 1 }, "the member list changed");
        this.#engine.transact((writer) => writer.put(membersKey, next));
        this.#thread.post({ type: "members", members: next });
      },
      countFrom: (acted) =>
        void this.#engine.countFrom(acted).then(() => this.#options.end(TAKEN, START_AGAIN)),
      turned: () => this.#service?.routing.changed(),
      trouble: (error) => logTrouble(log, error),
    });
    cores.region.holdTakeovers(this.#holdsTakeovers);
    const routing = createLocalRouting({
      self: config.site,
      region: cores.region,
      engine: this.#engine,
      regions: this.#watch,
      voters: this.#thread.voters,
      now: this.#now,
      schedule: cores.schedule,
      forward: createForward((region) => this.#watch.urlOf(region), config.operatorToken),
    });
    this.#objects.serve({ ...cores, self, engine: this.#engine, now: this.#now });
    logRouting(log, cores.region, routing);
    const { api, journeys } = this.#serve(cores, routing);
    this.#service = { cores, routing, api, journeys };
    log.info({ event: "start", incarnation, members: members.version }, "the region starts");
    if (this.#hasPeers) cores.boot();
  }

  #serve(cores: RegionCores, routing: LocalRouting): Pick<Service, "api" | "journeys"> {
    const { config, log, faults } = this.#options;
    const now = this.#now;
    const rng = createPlatformRng();
    const ids = createIds({ region: config.site, rng, wallNow: () => this.#clock.wall() });
    const store = cores.store("identity");
    const { identity, deploymentSecret } = createRegionIdentity(config, store, digest);
    const metrics: Metrics = createMetrics({
      region: config.site,
      routing,
      engine: this.#engine,
      healthChecks: this.#checks.views,
      faults: faults.counts,
      crashes: config.crashes,
    });
    const journeys = new Map<string, Journey>();
    const api = createRegionApi({
      deployment: this.#deployment,
      region: config.site,
      storeOf: (app) => cores.store(app),
      images: createSharpImageProcessor(this.#options.entry),
      bytesOf: (app) => this.#objects.storeOf(app),
      routing,
      identity,
      now,
      ids,
      rng,
      digest,
      operatorToken: config.operatorToken,
      deploymentSecret,
      deploymentId: config.deploymentId,
      log,
      version: packageVersion(),
      healthOf: (app) => reportIn({ cores, journeys }, app, this.#clock.wall()),
      healthChecks: this.#checks.views,
      metrics: metrics.read,
      docsFile,
      pages: createPages(webRoot(), () => this.#origins.list()),
      origins: () => this.#origins.list(),
      observe: metrics.observe,
      guard: faults,
    });
    deliverMessages(this.#deployment, identity, api.contextOf("identity"), faults);
    const [deployment, engine, isBroken] = [this.#deployment, this.#engine, this.#isBroken];
    const given = { deployment, api, cores, engine, now, log, guard: faults, isBroken };
    startJourneys(journeys, given);
    return { api, journeys };
  }

  async #answer(request: Request): Promise<Response> {
    const service = this.#service;
    if (service === undefined) return starting();
    const preflight = this.#origins.preflight(request);
    if (preflight !== undefined) return preflight;
    return this.#origins.allow(request, await service.api.fetch(request));
  }

  #receive(from: string, message: unknown, incarnation: number): void {
    if (this.#checks.heard(from, message)) return;
    if (from.startsWith("region/")) this.#watch.heard(from.slice("region/".length), incarnation);
    this.#service?.cores.receive(message as RegionMessage | VoterReply);
  }

  #news(message: FromWorker): void {
    switch (message.type) {
      case "observed":
        this.#service?.cores.observed(message.observed);
        break;
      case "voters":
        this.#service?.routing.votersChanged();
        break;
      case "suspicions":
        this.#options.log.info(
          { event: "suspicions", apps: Object.fromEntries(message.suspicions) },
          "the own voter's suspicions changed",
        );
        this.#service?.cores.suspect(message.suspicions);
        break;
      case "members":
        if (this.#service === undefined) this.#create(message.members);
        break;
      case "answers":
        this.#options.log.warn({ event: "probe", answers: message.answers }, "the HTTP probe");
        break;
      case "superseded":
        this.#options.end("another process uses the voter's directory");
        break;
      default:
        break;
    }
  }
}
