/**
 * What the supervisor of a simulated world does to add and remove regions: it starts and stops the
 * processes, asks a living region for the rest, and asks another one when that does not answer.
 * *shell*
 */
import type { Rng } from "../../base/rng.ts";
import type { RegionChangeEnd, RegionRequest } from "../../layers/region/region-changing.ts";
import { needsWitness, votersOf, WITNESS } from "../../layers/routing/members.ts";
import type { World } from "./world.ts";

export type { RegionChangeEnd } from "../../layers/region/region-changing.ts";
export type MembershipEnd = (end: RegionChangeEnd) => void;

const ASK_MS = 3000;
/** After which nobody answers any more: the region that was asked has died, or is cut off. */
const SILENT_MS = 5000;
const PAUSE_MS = 200;

export class SimulatedMembership {
  readonly #world: World;
  readonly #rng: Rng;
  #isBusy = false;
  /** Changes that were carried out. */
  changed = 0;

  constructor(world: World, rng: Rng) {
    this.#world = world;
    this.#rng = rng;
  }

  /** A change has begun and is neither done nor refused. */
  get isBusy(): boolean {
    return this.#isBusy;
  }

  change(request: Omit<RegionRequest, "by" | "waitMs">, end: MembershipEnd = () => {}): void {
    if (this.#isBusy) throw new RangeError("one region at a time is added or removed");
    const { change, region } = request;
    this.#isBusy = true;
    if (change === "add") this.#world.addSite(region);
    const left = this.#world.newestMembers.regions.filter((one) => one !== region);
    const next = change === "add" ? [...left, region] : left;
    if (needsWitness(next)) this.#world.addSite(WITNESS);
    this.#ask(request, (ended) => {
      if (change === "remove" && ended.kind === "ok") this.#stopSoon(region);
      this.#stopIdleWitness();
      this.#isBusy = false;
      if (ended.kind === "ok") this.changed++;
      end(ended);
    });
  }

  #ask(request: Omit<RegionRequest, "by" | "waitMs">, done: MembershipEnd): void {
    const world = this.#world;
    const others = world.newestMembers.regions.filter(
      (id) => id !== request.region && world.nodes.get(id)?.isUp,
    );
    const asked = others.length === 0 ? undefined : this.#rng.pick(others);
    let isOver = false;
    const again = (): void => {
      if (isOver) return;
      isOver = true;
      world.scheduler.after(PAUSE_MS * (1 + this.#rng.next()), () => this.#ask(request, done));
    };
    if (asked === undefined) return again();
    world.scheduler.after(SILENT_MS, again);
    const { process } = world.node(asked);
    process?.run(() => {
      const answer = (end: RegionChangeEnd): void => {
        if (isOver) return;
        const code = end.kind === "failed" ? end.code : undefined;
        if (end.kind === "unknown" || code === "busy" || code === "silent") return again();
        isOver = true;
        done(end);
      };
      const now = world.node(asked).instant();
      process.region?.changeRegions({ ...request, by: "operator", waitMs: ASK_MS }, answer, now);
    });
  }

  /** It may go on for a while without knowing that it is no member any more. */
  #stopSoon(site: string): void {
    this.#world.scheduler.after(this.#rng.next() ** 2 * 2000, () => this.#world.removeSite(site));
  }

  /** A witness that was started for a change that was refused, or that has left with one. */
  #stopIdleWitness(): void {
    const world = this.#world;
    if (!world.nodes.has(WITNESS)) return;
    const isNamed = world.regions.some((id) => {
      const members = world.node(id).process?.voter.members;
      return members !== undefined && votersOf(members).some(({ site }) => site === WITNESS);
    });
    if (!isNamed) world.removeSite(WITNESS);
  }
}
