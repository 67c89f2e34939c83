/**
 * Regions come and go while the others serve. *shell*
 *
 * The supervisor starts and stops processes; who is a member the voters decide, who are asked
 * through any living region (layers/region/region-changing.ts).
 *
 *   add     written down as joining --> started, with a witness where one is due --> asked for
 *           --> a member, written down --> its data has arrived --> shown to clients
 *   remove  written down as leaving --> a witness started where one is due --> asked for
 *           --> no member, written down --> not shown to clients --> stopped, its data kept aside
 *
 * Invariants
 *  B1 what has begun is written down before anything else is done, and goes on at the next start
 *     of a supervisor that ended meanwhile                                            (resume)
 *  B2 asking again for what has begun continues where it stopped, or finds it done
 *  B3 an id that was removed is never used again                                      (removed)
 */
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigurationError, explainError } from "../../../base/errors.ts";
import { needsWitness } from "../../../layers/routing/members.ts";
import { WITNESS_SITE } from "../link/address.ts";
import type { DataDirectory, DeploymentFile } from "./data-directory.ts";
import { checkRegions } from "./data-directory.ts";
import type { MembersChange, MembersResult } from "./messages.ts";
import type { Site } from "./site.ts";
import type { Sites } from "./sites.ts";

export interface MembershipOptions {
  readonly directory: DataDirectory;
  readonly sites: Sites;
  readonly read: () => DeploymentFile;
  readonly write: (file: DeploymentFile) => void;
  readonly stopGraceMs: number;
  /** For the whole of a change; a new region copies all data in it. */
  readonly changeLimitMs: number;
  readonly log: (line: string) => void;
}

type Asked = Pick<MembersChange, "change" | "region" | "acceptDataLoss">;
type Failed = Extract<MembersResult, { kind: "failed" }>;

const OK: MembersResult = { kind: "ok" };
/** One region's time for it; then another one is asked. */
const ASK_LIMIT_MS = 45_000;
const ANSWER_LIMIT_MS = 5000;
const LOOK_EVERY_MS = 100;
const STATUS_LIMIT_MS = 1000;

export class Membership {
  readonly #options: MembershipOptions;
  #isChanging = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  addRegion(id: unknown): Promise<MembersResult> {
    const region = { id: String(id) };
    return this.#oneAtATime(async () => {
      const file = this.#options.read();
      if (file.regions.some((known) => known.id === region.id)) {
        refuse("the region is a member already", region.id, SEE_STATUS);
      }
      if (file.removed.includes(region.id)) {
        const what = "the id belonged to a region that was removed, and is never used again";
        refuse(what, region.id, `Choose a new id, for example ${region.id}-b.`);
      }
      checkRegions([...file.regions, region]);
      const others = file.joining.filter((known) => known.id !== region.id);
      if (others[0] !== undefined) {
        const fix = `Finish it with \`understudy region add ${others[0].id}\`, or remove it.`;
        refuse("another region is being added", others[0].id, fix);
      }
      return this.#add(region.id);
    });
  }

  removeRegion(id: string, acceptDataLoss: boolean): Promise<MembersResult> {
    return this.#oneAtATime(async () => {
      const file = this.#options.read();
      const isJoining = file.joining.some((known) => known.id === id);
      if (!isJoining && !file.regions.some((known) => known.id === id)) {
        const known = file.regions.map((region) => region.id).join(", ");
        const isGone = file.removed.includes(id);
        refuse(isGone ? "the region was removed" : "no such region", id, `There are ${known}.`);
      }
      if (!isJoining && file.regions.length === 1) {
        const fix = "Stop the deployment with `understudy down`, or add another region first.";
        refuse("the last region cannot be removed", id, fix);
      }
      return this.#remove(id, acceptDataLoss);
    });
  }

  /** What had begun when the supervisor before this one ended. */
  async resume(): Promise<void> {
    const { joining, leaving = [] } = this.#options.read();
    const all: [what: string, go: () => Promise<MembersResult>][] = [
      ...joining.map(({ id }): [string, () => Promise<MembersResult>] => [
        `adding ${id}`,
        () => this.#add(id),
      ]),
      ...leaving.map((id): [string, () => Promise<MembersResult>] => [
        `removing ${id}`,
        () => this.#remove(id, false),
      ]),
    ];
    for (const [what, go] of all) {
      const end = await this.#oneAtATime(go).catch(failedBy);
      this.#options.log(`${what}: ${end.kind === "ok" ? "done" : end.reason}`);
    }
  }

  async #add(id: string): Promise<MembersResult> {
    const { sites, read, write } = this.#options;
    const file = read();
    const until = performance.now() + this.#options.changeLimitMs;
    if (!file.joining.some((known) => known.id === id)) {
      write({ ...file, joining: [...file.joining, { id }] });
    }
    const site = sites.get(id) ?? sites.add("region", id);
    site.isHidden = true;
    site.joining = true;
    try {
      await Promise.all([site.start(), this.#startWitness(file.regions.length + 1)]);
    } catch (error) {
      await this.#forget(id);
      throw error;
    }
    const end = await this.#ask({ change: "add", region: id }, until);
    if (end.kind === "failed") await this.#forget(id);
    if (end.kind !== "ok") return end;
    site.joining = false;
    const now = read();
    write({
      ...now,
      regions: [...now.regions, { id }],
      joining: now.joining.filter((known) => known.id !== id),
      witness: needsWitness([...now.regions.map((region) => region.id), id]),
    });
    await this.#stopWitness();
    return this.#arrive(site, until);
  }

  /** Clients are sent to a region that has the data, not to one that is still copying it. */
  async #arrive(site: Site, until: number): Promise<MembersResult> {
    let isHere = false;
    while (!isHere && performance.now() < until) {
      isHere = (await site.child?.status(STATUS_LIMIT_MS))?.hasArrived === true;
      if (!isHere) await sleep(LOOK_EVERY_MS);
    }
    site.isHidden = false;
    this.#options.sites.shownChanged();
    if (isHere) return OK;
    const reason = `${site.id} is a member, but its data is still being copied; see \`understudy status\``;
    return { kind: "unknown", reason };
  }

  async #remove(id: string, acceptDataLoss: boolean): Promise<MembersResult> {
    const { sites, read, write, directory, stopGraceMs } = this.#options;
    const until = performance.now() + this.#options.changeLimitMs;
    const file = read();
    write({ ...file, leaving: [...(file.leaving ?? []).filter((one) => one !== id), id] });
    const leaving = sites.get(id);
    if (leaving !== undefined) leaving.isLeaving = true;
    const staying = file.regions.filter((region) => region.id !== id);
    await this.#startWitness(staying.length);
    const end = await this.#ask({ change: "remove", region: id, acceptDataLoss }, until);
    const isUnknown = end.kind === "failed" && end.code === "unknown-region";
    if (end.kind === "failed" && !isUnknown) {
      if (leaving !== undefined) leaving.isLeaving = false;
      const now = read();
      write({ ...now, leaving: now.leaving?.filter((one) => one !== id) ?? [] });
      await this.#stopWitness();
    }
    if (end.kind === "failed" && end.code === "would-lose-data") {
      const fix = `start it with \`understudy fault restart ${id}\`, or add --accept-data-loss`;
      return { ...end, reason: `${end.reason}; ${fix} where it is gone for good` };
    }
    if (end.kind !== "ok" && !isUnknown) return end;
    const now = read();
    write({
      ...now,
      regions: now.regions.filter((region) => region.id !== id),
      joining: now.joining.filter((region) => region.id !== id),
      leaving: now.leaving?.filter((one) => one !== id) ?? [],
      removed: [...now.removed, id],
      witness: needsWitness(staying.map((region) => region.id)),
    });
    if (leaving !== undefined) leaving.isHidden = true;
    sites.shownChanged();
    await leaving?.stop(stopGraceMs);
    sites.remove(id);
    directory.retireSite(id, new Date());
    await this.#stopWitness();
    return OK;
  }

  async #startWitness(regions: number): Promise<void> {
    if (regions % 2 === 1) return;
    const { sites } = this.#options;
    await (sites.get(WITNESS_SITE) ?? sites.add("witness", WITNESS_SITE)).start();
  }

  /** One that is not due any more; the next one is another voter, in a directory of its own. */
  async #stopWitness(): Promise<void> {
    const { sites, read, directory, stopGraceMs } = this.#options;
    const site = sites.get(WITNESS_SITE);
    if (read().witness || site === undefined) return;
    await site.stop(stopGraceMs);
    sites.remove(WITNESS_SITE);
    directory.retireSite(WITNESS_SITE, new Date());
  }

  /** Asks one living region after the other until one can tell. */
  async #ask(change: Asked, until: number): Promise<MembersResult> {
    const { sites, read } = this.#options;
    let end: MembersResult = NOBODY;
    for (let turn = 0; ; turn++) {
      const others = sites
        .regions()
        .filter(
          (site) =>
            site.state === "running" &&
            site.id !== change.region &&
            read().regions.some((region) => region.id === site.id),
        );
      const leftMs = until - performance.now();
      if (leftMs <= 0 || others.length === 0) return end;
      const waitMs = Math.min(ASK_LIMIT_MS, leftMs);
      const child = others[turn % others.length]?.child;
      const asked = await child?.changeMembers({ ...change, waitMs }, waitMs + ANSWER_LIMIT_MS);
      if (asked === undefined) continue;
      end = asked;
      const isOpen = end.kind === "unknown" || (end.kind === "failed" && end.code === "busy");
      if (!isOpen) return end;
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** An adding that was refused; a later one goes on with what is there. */
  async #forget(id: string): Promise<void> {
    const { sites, read, write, stopGraceMs } = this.#options;
    await sites.get(id)?.stop(stopGraceMs);
    sites.remove(id);
    const file = read();
    write({ ...file, joining: file.joining.filter((known) => known.id !== id) });
    await this.#stopWitness();
  }

  async #oneAtATime(work: () => Promise<MembersResult>): Promise<MembersResult> {
    if (this.#isChanging) {
      return { kind: "failed", code: "busy", reason: "another region is being added or removed" };
    }
    this.#isChanging = true;
    try {
      return await work();
    } finally {
      this.#isChanging = false;
    }
  }
}

const SEE_STATUS = "`understudy status` lists the members.";
const NOBODY: Failed = {
  kind: "failed",
  code: "not-allowed",
  reason: "no other region runs that could be asked; start one with `understudy fault restart`",
};

const failedBy = (error: unknown): Failed => ({
  kind: "failed",
  code: "not-allowed",
  reason: explainError(error),
});

function refuse(what: string, got: unknown, fix: string): never {
  throw new ConfigurationError({ what, got, fix });
}
