/**
 * Runs a plan against the tickets app, and says what it broke. *composition*
 *
 * Clients submit, change and read tickets through the smart client. When the faults are over,
 * everything is healed: the app must serve again, nothing acknowledged may be lost, the regions
 * must be equal, and no request may have met a fault of the code (500).
 */
import { ticketsApp } from "../../apps/tickets/server.ts";
import { createRng, type Rng } from "../../base/rng.ts";
import { defineApp, defineDeployment } from "../../layers/api/index.ts";
import type { SimulatedClient } from "../client.ts";
import type { Operation } from "../history.ts";
import { type DiskCopy, type SimulatedWorld, simulate } from "../simulate.ts";
import { type Plan, type PlannedFault, TIGHT_RTT_MS } from "./plan.ts";
import { unconditionalTickets } from "./unconditional-tickets.ts";

export interface PlanRun {
  readonly violations: readonly string[];
  readonly acknowledged: number;
  readonly trace: string;
  readonly history: readonly Operation[];
}

const TICKETS = "/tickets/api/tickets";
/** A younger copy may be taken for the disk itself. */
const COPY_AGE_MS = 1000;

/** An assertion of the cores that fails ends the world, and counts as what was found. */
export async function runPlan(plan: Plan): Promise<PlanRun> {
  try {
    return await runWorld(plan);
  } catch (error) {
    const violations = [`the world stopped: ${(error as Error).stack ?? String(error)}`];
    return { violations, acknowledged: 0, trace: "", history: [] };
  }
}

async function runWorld(plan: Plan): Promise<PlanRun> {
  const { mode, durability, seed } = plan;
  const app = defineApp({
    ...(mode === "active-active" ? unconditionalTickets : ticketsApp),
    mode,
    durability,
    objectives: { rtoMs: 900_000, rpoMs: durability === "local" ? 900_000 : 0 },
  });
  const deployment = defineDeployment({ regions: plan.regions, apps: [app] });
  const world = await simulate({ deployment, seed, rtt: plan.rttMs, lease: plan.lease });
  const rng = createRng(seed ^ 0xc1);
  const isOver = { value: false };
  const clients: Promise<void>[] = [];
  for (let at = 0; at < plan.clients; at++) {
    const client = world.client({ near: rng.pick(plan.regions) });
    await client.signIn(`person-${at}`);
    const working = work(world, client, rng.fork(), plan.thinkMs, isOver);
    // It ends with the world, whose end is reported below.
    working.catch(() => undefined);
    clients.push(working);
  }
  await injectAll(world, plan);
  isOver.value = true;
  world.heal();
  await Promise.all(clients);
  const violations: string[] = [];
  const last = world.client();
  const serves = await servesAgain(last, world);
  if (!serves) violations.push("no write was acknowledged within 30 s after the faults");
  const checked = await world.check();
  violations.push(...checked.lost.map((what) => `lost: ${what}`), ...checked.differences);
  for (const { type, f, path, status } of world.history()) {
    if (type !== "invoke" && status === 500) violations.push(`${f} ${path} met a fault (500)`);
  }
  const { acknowledged } = checked;
  return { violations, acknowledged, trace: world.trace, history: world.history() };
}

async function injectAll(world: SimulatedWorld, plan: Plan): Promise<void> {
  const begun = world.now;
  const copies: Copies = new Map();
  const due = plan.faults
    .flatMap((fault) => [
      { at: fault.atMs, act: () => begin(world, plan, fault, copies) },
      { at: fault.atMs + fault.forMs, act: () => end(world, plan, fault, copies) },
    ])
    .sort((a, b) => a.at - b.at);
  for (const { at, act } of due) {
    if (at >= plan.lengthMs) break;
    await world.advance(Math.max(0, begun + at - world.now));
    act();
  }
  await world.advance(Math.max(0, begun + plan.lengthMs - world.now));
}

type Copies = Map<PlannedFault, DiskCopy>;

function begin(world: SimulatedWorld, plan: Plan, fault: PlannedFault, copies: Copies): void {
  const { kind, region, amountMs } = fault;
  switch (kind) {
    case "kill":
      return world.kill(region);
    case "freeze":
      return world.freeze(region);
    case "partition":
      return world.partition(region);
    case "isolate":
      return world.partition(region, { clients: true });
    case "slow":
      return world.slow(region, { delay: amountMs, jitter: amountMs, loss: 0.05 });
    case "fill-disk":
      // A process that is down would not come up on a disk that is empty and full.
      return world.region(region).isUp ? world.fillDisk(region) : undefined;
    case "skew-clock":
      return world.skewClock(region, amountMs);
    case "break-health":
      return world.breakHealth(region);
    case "suspend":
      return world.suspend(region);
    case "drift-clock":
      return world.driftClock(region, 1 + (amountMs - 120) / 10_000);
    case "lose-disk":
      return mayLoseDisk(world, plan, region) ? world.loseDisk(region) : undefined;
    case "restore-disk":
      copies.set(fault, world.copyDisk(region));
      return;
    case "change-lease":
      return world.changeLease(region, otherLease(plan));
  }
}

/** Of one region at most, and of none that others may still need: nothing could bring that back. */
function mayLoseDisk(world: SimulatedWorld, plan: Plan, region: string): boolean {
  const { mode, durability, faults } = plan;
  const first = faults.find(({ kind }) => kind === "lose-disk" || kind === "restore-disk")?.region;
  if (mode !== "active-passive" || durability !== "replicated" || region !== first) return false;
  const serves = (id: string): boolean =>
    ["tickets", "identity"].every((app) => world.region(id).serves(app));
  return !serves(region) && plan.regions.some(serves);
}

const otherLease = ({ lease, rttMs }: Plan): Plan["lease"] =>
  lease === "tight" || rttMs >= TIGHT_RTT_MS ? "default" : "tight";

/** Of what hurts only its own region; the rest lasts until everything is healed. */
function end(world: SimulatedWorld, plan: Plan, fault: PlannedFault, copies: Copies): void {
  const { kind, region, forMs } = fault;
  if (kind === "freeze" || kind === "suspend") return world.thaw(region);
  if (kind === "restore-disk") {
    const copy = copies.get(fault);
    const isOld = forMs > COPY_AGE_MS;
    if (copy === undefined || !isOld || !mayLoseDisk(world, plan, region)) return;
    world.restoreDisk(region, copy);
    world.restart(region);
  }
  if (kind === "kill" || kind === "lose-disk" || kind === "change-lease") world.restart(region);
}

async function work(
  world: SimulatedWorld,
  client: SimulatedClient,
  rng: Rng,
  thinkMs: number,
  isOver: { readonly value: boolean },
): Promise<void> {
  const made: string[] = [];
  while (!isOver.value) {
    await world.advance(rng.next() * thinkMs);
    const [isNew, isChange] = [made.length === 0 || rng.chance(0.5), rng.chance(0.5)];
    try {
      if (isNew) {
        const description = `ticket number ${made.length} of this client`;
        const { status, headers } = await client.send("POST", TICKETS, { description });
        const location = headers.get("location");
        if (status === 201 && location !== null) made.push(location);
      } else if (isChange) {
        await client.send("PATCH", rng.pick(made), { priority: rng.pick(["low", "high"]) });
      } else {
        await client.send("GET", rng.pick(made));
      }
    } catch {
      // Unavailable or unknown: the history has it, and the client goes on.
    }
  }
}

async function servesAgain(client: SimulatedClient, world: SimulatedWorld): Promise<boolean> {
  const end = world.now + 30_000;
  while (world.now < end) {
    try {
      await client.signIn("the-last-one");
      const answer = await client.send("POST", TICKETS, { description: "the last of all tickets" });
      if (answer.status === 201) return true;
    } catch {
      // Asked again until the time is up.
    }
    await world.advance(500);
  }
  return false;
}
