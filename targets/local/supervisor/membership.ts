/**
 * Regions come and go while the others serve. *shell*
 *
 * The supervisor starts and stops processes; whether a region is a member is decided by the
 * voters, who are asked through any living region. The order makes an interruption harmless:
 * a region that joins is written down before it is asked for, and one that leaves is stopped
 * after it has left. Asking again continues where it stopped.
 *
 * A witness votes only where the number of regions is even, so it comes or goes afterwards.
 */
import { ConfigurationError } from "../../../base/errors.ts";
import { WITNESS_SITE } from "../link/address.ts";
import type { DataDirectory, DeploymentFile } from "./data-directory.ts";
import { checkRegions } from "./data-directory.ts";
import type { MembersChange, MembersResult } from "./messages.ts";
import type { Sites } from "./sites.ts";

export interface MembershipOptions {
  readonly directory: DataDirectory;
  readonly sites: Sites;
  readonly read: () => DeploymentFile;
  readonly write: (file: DeploymentFile) => void;
  readonly stopGraceMs: number;
  /** A new region copies all data before it is a member. */
  readonly changeLimitMs: number;
}

const OK: MembersResult = { kind: "ok" };

export class Membership {
  readonly #options: MembershipOptions;
  #isChanging = false;

  constructor(options: MembershipOptions) {
    this.#options = options;
  }

  addRegion(id: unknown): Promise<MembersResult> {
    return this.#oneAtATime(async () => {
      const { sites, read, write } = this.#options;
      const file = read();
      const region = { id: String(id) };
      if (file.regions.some((known) => known.id === region.id)) {
        refuse(
          "the region is a member already",
          region.id,
          "`understudy status` lists the members.",
        );
      }
      if (file.removed.includes(region.id)) {
        refuse("the id belonged to a region that was removed", region.id, "Choose a new id.");
      }
      checkRegions([...file.regions, region]);
      const isJoining = file.joining.some((known) => known.id === region.id);
      if (!isJoining) write({ ...file, joining: [...file.joining, region] });
      const site = sites.get(region.id) ?? sites.add("region", region.id);
      site.joining = true;
      await site.start();
      const result = await this.#ask({ change: "add", site: region.id });
      if (result.kind === "failed") await this.#forget(region.id);
      if (result.kind !== "ok") return result;
      site.joining = false;
      const now = read();
      write({
        ...now,
        regions: [...now.regions, region],
        joining: now.joining.filter((known) => known.id !== region.id),
      });
      return this.#settleWitness();
    });
  }

  removeRegion(id: string): Promise<MembersResult> {
    return this.#oneAtATime(async () => {
      const { sites, read, write, directory, stopGraceMs } = this.#options;
      const file = read();
      if (file.joining.some((known) => known.id === id)) {
        await this.#forget(id);
        return OK;
      }
      if (!file.regions.some((known) => known.id === id)) {
        const known = file.regions.map((region) => region.id).join(", ");
        refuse("no such region", id, `There are ${known}.`);
      }
      if (file.regions.length === 1) {
        refuse(
          "the last region cannot be removed",
          id,
          "Stop the deployment with `understudy down`.",
        );
      }
      const result = await this.#ask({ change: "remove", site: id });
      if (result.kind !== "ok") return result;
      const regions = file.regions.filter((region) => region.id !== id);
      write({ ...file, regions, removed: [...file.removed, id] });
      await sites.get(id)?.stop(stopGraceMs);
      sites.remove(id);
      directory.retireSite(id, new Date());
      return this.#settleWitness();
    });
  }

  async #settleWitness(): Promise<MembersResult> {
    const { sites, read, write, stopGraceMs } = this.#options;
    const file = read();
    const isNeeded = file.regions.length % 2 === 0;
    const site = sites.get(WITNESS_SITE);
    if (isNeeded === (site !== undefined)) return OK;
    if (isNeeded) await sites.add("witness", WITNESS_SITE).start();
    const result = await this.#ask({ change: isNeeded ? "add" : "remove", site: WITNESS_SITE });
    if (result.kind !== "ok") {
      return { ...result, reason: `the region is done, but not the witness: ${result.reason}` };
    }
    write({ ...file, witness: isNeeded });
    if (!isNeeded) {
      await site?.stop(stopGraceMs);
      sites.remove(WITNESS_SITE);
    }
    return OK;
  }

  async #ask(change: MembersChange): Promise<MembersResult> {
    const { sites, changeLimitMs } = this.#options;
    const asked = sites
      .regions()
      .find((site) => site.state === "running" && site.id !== change.site);
    if (asked?.child === undefined)
      return { kind: "failed", reason: "no other region runs that could be asked" };
    return asked.child.changeMembers(change, changeLimitMs);
  }

  /** Takes back an adding that was refused, or was never finished. */
  async #forget(id: string): Promise<void> {
    const { sites, read, write, directory, stopGraceMs } = this.#options;
    const file = read();
    await sites.get(id)?.stop(stopGraceMs);
    sites.remove(id);
    directory.retireSite(id, new Date());
    write({ ...file, joining: file.joining.filter((known) => known.id !== id) });
  }

  async #oneAtATime(work: () => Promise<MembersResult>): Promise<MembersResult> {
    if (this.#isChanging)
      return { kind: "failed", reason: "another region is being added or removed" };
    this.#isChanging = true;
    try {
      return await work();
    } finally {
      this.#isChanging = false;
    }
  }
}

function refuse(what: string, got: unknown, fix: string): never {
  throw new ConfigurationError({ what, got, fix });
}
