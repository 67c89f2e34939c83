/**
 * Makes the configured health checks of one voter, and tells every region and front door. *shell*
 *
 *   every intervalMs, per region: connect, ask, judge (health-check.ts) --> "checked" on the link
 *
 * Each check opens a connection of its own, as a client that comes for the first time does; a
 * certificate is not judged, for no name is asked. A region's faults hold here as on links: over a
 * cut nothing is answered, over a slow way the delay counts there and back.
 *
 *  C1 a check is under way once at a time, and ends at its limit          (#make, meet)
 *  C2 of a body no more is read than is searched                          (ask)
 *  C3 what is not this voter's to check is not checked                    (use)
 */
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect } from "node:net";
import { resolveChecks, type Target } from "../../../layers/routing/health-board.ts";
import {
  type Found,
  type HealthCheck,
  judge,
  SEARCHED_CHARACTERS,
} from "../../../layers/routing/health-check.ts";
import type { LinkFaults, SiteFaults } from "../link/fault.ts";
import { holdMs, isCut, isLost } from "../link/fault.ts";
import type { Link } from "../link/link.ts";
import type { PeersMessage } from "../supervisor/messages.ts";
import type { CheckedMessage } from "./health-messages.ts";

/** Of a PeersMessage, what a voter needs. */
export type CheckNews = Pick<PeersMessage, "peers" | "regions" | "naming">;

/** Voters by the links there are. */
export const votersOf = (peers: PeersMessage["peers"]): readonly string[] =>
  Object.keys(peers)
    .filter((peer) => peer.startsWith("voter/"))
    .map((peer) => peer.slice("voter/".length));

export class HealthChecker {
  readonly #voter: string;
  readonly #link: Link;
  readonly #underWay = new Set<string>();
  #faults: LinkFaults;
  #timers: NodeJS.Timeout[] = [];
  #listeners: readonly string[] = [];
  #plan = "";

  constructor(voter: string, link: Link, faults: LinkFaults) {
    this.#voter = voter;
    this.#link = link;
    this.#faults = faults;
  }

  setFaults(faults: LinkFaults): void {
    this.#faults = faults;
  }

  /** Plans anew only where something changed: everybody is told the whole picture often. */
  use({ peers, regions, naming }: CheckNews): void {
    this.#listeners = Object.keys(peers).filter((peer) => /^(?:region|front-door)\//.test(peer));
    if (naming === undefined) return;
    const voters = votersOf(peers);
    const ids = regions.map(({ id }) => id);
    const targets = resolveChecks(naming.healthChecks, ids, voters).filter(({ terms }) =>
      terms.voters.includes(this.#voter),
    );
    const plan = JSON.stringify([targets, regions]);
    if (plan === this.#plan) return;
    this.#plan = plan;
    const urls = new Map(regions.map(({ id, url }) => [id, url]));
    this.stop();
    for (const target of targets) {
      const url = urls.get(target.region);
      if (url === undefined) continue;
      const make = (): void => void this.#make(target, url);
      this.#timers.push(setInterval(make, target.terms.intervalMs));
    }
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
  }

  async #make({ check, region, terms }: Target, url: string): Promise<void> {
    const key = `${check}/${region}`;
    if (this.#underWay.has(key)) return;
    this.#underWay.add(key);
    const found = await meet(terms, url, this.#faults[region]);
    this.#underWay.delete(key);
    const result = { check, region, ...judge(terms, found) };
    const message: CheckedMessage = { type: "checked", results: [result] };
    for (const to of this.#listeners) this.#link.send(to, message);
  }
}

/** Never rejects, and never lasts much longer than the limit. */
export async function meet(
  check: HealthCheck,
  url: string,
  faults: SiteFaults | undefined,
): Promise<Found> {
  const { limitMs } = check;
  const isSilent = isCut(faults) || isLost(faults?.out, Math.random());
  const onTheWayMs = holdMs(faults?.out, Math.random());
  const begun = performance.now();
  const tookMs = (): number => performance.now() - begun;
  let undo = (): void => undefined;
  return new Promise<Found>((resolve) => {
    const limit = setTimeout(() => {
      undo();
      resolve({ kind: "nothing", reason: `no answer within ${limitMs} ms` });
    }, limitMs);
    if (isSilent) return;
    const tell = (found: Found): void => {
      const finish = (): void => {
        clearTimeout(limit);
        resolve(found.kind === "nothing" ? found : { ...found, tookMs: tookMs() });
      };
      undo = cancelled(setTimeout(finish, onTheWayMs));
    };
    undo = cancelled(
      setTimeout(() => {
        undo = check.protocol === "tcp" ? touch(url, tell) : ask(check, url, tell);
      }, onTheWayMs),
    );
  });
}

const cancelled = (timer: NodeJS.Timeout) => (): void => clearTimeout(timer);

const failed = (error: NodeJS.ErrnoException): Found => ({
  kind: "nothing",
  reason: error.code === "ECONNREFUSED" ? "the connection was refused" : error.message,
});

function touch(url: string, tell: (found: Found) => void): () => void {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname.replace(/^\[|\]$/g, ""));
  socket.once("connect", () => {
    socket.destroy();
    tell({ kind: "connected", tookMs: 0 });
  });
  socket.once("error", (error) => tell(failed(error)));
  return () => socket.destroy();
}

function ask(check: HealthCheck, url: string, tell: (found: Found) => void): () => void {
  const { protocol, path } = check;
  const target = new URL(path, url);
  target.protocol = `${protocol}:`;
  const options = { agent: false, headers: { "user-agent": "understudy health check" } };
  const request =
    protocol === "https"
      ? httpsRequest(target, { ...options, rejectUnauthorized: false })
      : httpRequest(target, options);
  let isTold = false;
  const once = (found: Found): void => {
    if (isTold) return;
    isTold = true;
    tell(found);
    request.destroy();
  };
  request.on("response", (response) => {
    const status = response.statusCode ?? 0;
    let body = "";
    response.setEncoding("utf8");
    const end = (): void => once({ kind: "answered", tookMs: 0, status, body });
    response.on("data", (chunk: string) => {
      body += chunk;
      if (body.length >= SEARCHED_CHARACTERS) end();
    });
    response.on("end", end);
    if (check.find === undefined) end();
  });
  request.on("error", (error) => once(failed(error)));
  request.end();
  return () => {
    isTold = true;
    request.on("error", () => undefined);
    request.destroy();
  };
}
