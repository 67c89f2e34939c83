/**
 * The worker thread of a region: its voter, its renewals, its probe. *composition*
 *
 * It is apart from the thread that serves requests, so that a long turn there delays no lease; and
 * it probes that thread through its real HTTP path, so that one that hangs still loses its leases.
 */
import { parentPort, workerData } from "node:worker_threads";
import { must } from "../../../base/assert.ts";
import { type Members, supersedes } from "../../../layers/routing/members.ts";
import type { RenewApp, VoterReply, VoterRequest } from "../../../layers/routing/messages.ts";
import { Renewer } from "../../../layers/routing/renewer.ts";
import { ROUTING_RULES } from "../../../layers/routing/rules.ts";
import { createSystemClock } from "../clock.ts";
import { createLink, type Link } from "../link/link.ts";
import { HealthChecker } from "./health-checker.ts";
import { LeaseBoard } from "./lease-board.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./messages.ts";
import { type Probe, startProbe } from "./probe.ts";
import { VoterHost } from "./voter-host.ts";

const TICK_MS = 10;

const log = (line: string): void => say({ type: "log", line });

class RegionWorker {
  readonly #start: WorkerStart;
  readonly #host: VoterHost;
  readonly #link: Link;
  readonly #board: LeaseBoard;
  readonly #probe: Probe;
  readonly #checker: HealthChecker;
  readonly #clock = createSystemClock();
  readonly #timer: NodeJS.Timeout;
  #renewer: Renewer | undefined;
  #apps: readonly RenewApp[] = [];
  #voters: readonly string[] = [];
  #members: Members | undefined;
  #suspicions = "[]";

  constructor(start: WorkerStart, host: VoterHost, link: Link) {
    this.#start = start;
    this.#host = host;
    this.#link = link;
    this.#board = new LeaseBoard(start.apps, start.board);
    this.#probe = startProbe((answers) => {
      this.#tell(true);
      say({ type: "answers", answers });
    });
    this.#checker = new HealthChecker(start.site, link, start.faults);
    host.useLink(link);
    link.setFaults(start.faults);
    link.onMessage((from, message) => this.#receive(from, message as VoterRequest | VoterReply));
    link.onPeer((peer, state) => {
      if (host.peerChanged(peer, state)) this.#reportSuspicions();
    });
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
    if (host.voter.members !== undefined) this.#useMembers(host.voter.members);
  }

  #receive(from: string, message: VoterRequest | VoterReply): void {
    if (message.type !== "renewed") {
      this.#host.receive(from, message);
      return;
    }
    if (this.#renewer === undefined) return;
    const observed = this.#renewer.renewed(message);
    this.#publish();
    const isNews =
      observed.accepted.length > 0 ||
      observed.behind.length > 0 ||
      observed.members !== undefined ||
      observed.recovering !== undefined;
    if (isNews) say({ type: "observed", observed });
  }

  handle(message: ToWorker): void {
    const renewer = this.#renewer;
    switch (message.type) {
      case "peers":
        this.#link.setPeers(message.peers);
        this.#checker.use(message);
        this.#voters = Object.keys(message.peers).filter((peer) => peer.startsWith("voter/"));
        break;
      case "faults":
        this.#link.setFaults(message.faults);
        this.#checker.setFaults(message.faults);
        break;
      case "died":
        this.#host.died(message.holder);
        this.#reportSuspicions();
        break;
      case "url":
        this.#probe.useUrl(message.url);
        break;
      case "tell":
        this.#apps = message.apps;
        this.#tell(message.urgent);
        if (message.urgent) this.#renew();
        break;
      case "hold":
        renewer?.hold(message.app, message.epoch, message.carry);
        break;
      case "release":
        renewer?.release(message.app);
        break;
      case "surrender":
        this.#sendAll(renewer?.surrender(message.app, message.epoch) ?? []);
        break;
      case "granted":
        renewer?.grantedAt(message.app, message.epoch, message.voters, message.sentAt);
        break;
      case "members":
        this.#useMembers(message.members);
        break;
      case "stop":
        void this.#stop();
        return;
    }
    this.#publish();
  }

  #tick(): void {
    this.#host.tick(this.#voters);
    const known = this.#host.voter.members;
    if (known !== undefined && this.#members === undefined) {
      this.#useMembers(known);
      say({ type: "members", members: known });
    }
    this.#renew();
    this.#reportSuspicions();
  }

  #useMembers(members: Members): void {
    if (this.#members !== undefined && !supersedes(members, this.#members, true)) return;
    this.#members = members;
    const self = { region: this.#start.site, incarnation: this.#start.incarnation };
    this.#renewer ??= new Renewer(self, this.#start.terms, ROUTING_RULES, members);
    this.#renewer.useMembers(members);
  }

  #tell(urgent: boolean): void {
    const { answers } = this.#probe;
    const apps = answers ? this.#apps : this.#apps.map((app) => ({ ...app, healthy: false }));
    this.#renewer?.tell(apps, urgent);
  }

  /**
   * Nothing is renewed before the main thread has told what: it may not have booted. Who votes is
   * told before that, since booting waits for a majority of them.
   */
  #renew(): void {
    if (this.#renewer === undefined) return;
    if (this.#apps.length > 0) this.#sendAll(this.#renewer.tick(this.#clock.now()));
    const voters = this.#renewer.votersNews();
    if (voters !== undefined) say({ type: "voters", voters });
  }

  #sendAll(messages: readonly { readonly to: string; readonly message: VoterRequest }[]): void {
    for (const { to, message } of messages) this.#link.send(to, message);
  }

  #publish(): void {
    for (const app of this.#start.apps) {
      const end = this.#renewer?.end(app);
      const shown = this.#board.read(app);
      if (end?.mono !== shown?.mono || end?.wall !== shown?.wall || end?.epoch !== shown?.epoch) {
        this.#board.write(app, end);
      }
    }
  }

  #reportSuspicions(): void {
    const suspicions = this.#host.voter.suspicions(this.#clock.now());
    const text = JSON.stringify([...suspicions]);
    if (text === this.#suspicions) return;
    this.#suspicions = text;
    say({ type: "suspicions", suspicions });
  }

  async #stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#probe.stop();
    this.#checker.stop();
    await this.#host.close();
    await this.#link.close();
    say({ type: "stopped" });
    must(parentPort, "in a worker").close();
  }
}

function say(message: FromWorker): void {
  must(parentPort, "in a worker").postMessage(message);
}

export async function runRegionWorker(): Promise<void> {
  const port = must(parentPort, "in a worker");
  const start = workerData as WorkerStart;
  const clock = createSystemClock();
  const host = await VoterHost.open({
    site: start.site,
    directory: start.directory,
    terms: start.terms,
    now: clock.now,
    onSuperseded: () => say({ type: "superseded" }),
    log,
  });
  const link = await createLink({
    address: start.address,
    incarnation: start.incarnation,
    secret: Buffer.from(start.secretHex, "hex"),
    host: start.host,
    log,
  });
  const worker = new RegionWorker(start, host, link);
  port.on("message", (message: ToWorker) => worker.handle(message));
  const { members } = host.voter;
  say({ type: "started", port: link.port, ...(members === undefined ? {} : { members }) });
}
