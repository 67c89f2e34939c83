/** What `understudy up` and `understudy status` tell of a deployment. *shell* */
import type { HealthCheckView } from "../../../layers/routing/health-board.ts";
import { FRONT_DOOR_SITE, WITNESS_SITE } from "../link/address.ts";
import type { DataDirectory } from "./data-directory.ts";
import type { ActiveFault } from "./injected.ts";
import type { ChildStatus } from "./messages.ts";
import type { ObservedApp } from "./observed-apps.ts";
import { observeApps } from "./observed-apps.ts";
import { type ObservedVoters, observeVoters } from "./observed-voters.ts";
import type { Crash, Site } from "./site.ts";
import type { Sites } from "./sites.ts";

/** `copying`: a member whose data has not all arrived. */
export type Membership = "member" | "joining" | "copying" | "leaving";

export interface RegionStatus {
  readonly id: string;
  readonly url: string | null;
  readonly pid: number | null;
  /** Its process runs, and is not stopped. */
  readonly up: boolean;
  /** It says of itself that it can serve. */
  readonly healthy: boolean;
  readonly state: string;
  readonly membership: Membership;
  readonly incarnation: number | null;
  /** Why it is not healthy, for people. */
  readonly reason?: string;
  /** How often its process ended by itself since the supervisor was started. */
  readonly crashes: number;
  readonly lastCrash: Crash | null;
  /** It crashed, and is started again by itself after so long. */
  readonly restartsInMs?: number;
  /** The index that it builds, and how many items it has looked at. */
  readonly building?: NonNullable<ChildStatus["building"]>;
  /** Where its name leads to; null where regions have no addresses of their own. */
  readonly named: string | null;
  /** Why it does not answer there. */
  readonly namedTrouble?: string;
}

export interface DnsStatus {
  readonly address: string;
  readonly port: number;
  readonly zone: string;
  /**
   * Where HTTP is answered at every name. Null: the regions share one address with a port each,
   * and a name alone does not reach them; their TXT records tell their URLs.
   */
  readonly httpPort: number | null;
}

/** The ready line of `up`. */
export interface ReadyLine {
  readonly ready: boolean;
  readonly frontDoor: string | null;
  readonly frontDoorPid: number | null;
  readonly console: string | null;
  readonly dns: DnsStatus | null;
  readonly regions: readonly {
    readonly id: string;
    readonly url: string | null;
    readonly pid: number | null;
  }[];
  readonly witness: { readonly pid: number | null } | null;
  readonly operatorTokenFile: string;
}

export interface DeploymentStatus extends ReadyLine, ObservedVoters {
  readonly regions: readonly RegionStatus[];
  readonly witness: {
    readonly pid: number | null;
    readonly up: boolean;
    readonly state: string;
  } | null;
  readonly apps: readonly Omit<ObservedApp, "isSettled">[];
  /** What the voters' health checks have found, as the DNS server has heard it. */
  readonly healthChecks: readonly HealthCheckView[];
  /** What was injected and is not over: what, where, since when, by whom. */
  readonly faults: readonly ActiveFault[];
  readonly supervisorPid: number;
  readonly control: string;
}

const CHILD_LIMIT_MS = 1000;
const APPS_LIMIT_MS = 1000;

const pidOf = (site: Site | undefined): number | null =>
  site?.child === undefined || site.child.hasExited ? null : (site.child.pid ?? null);

function membershipOf(site: Site, told: ChildStatus | undefined): Membership {
  if (site.isLeaving) return "leaving";
  if (site.joining) return "joining";
  return told?.hasArrived === false ? "copying" : "member";
}

function notRunning({ state, child }: Site): string {
  const opening = state === "starting" ? child?.opening : undefined;
  return opening === undefined ? `its process is ${state}` : `its process is ${state}: ${opening}`;
}

async function describeRegion(site: Site): Promise<RegionStatus> {
  const told = site.state === "running" ? await site.child?.status(CHILD_LIMIT_MS) : undefined;
  const silent =
    site.state === "running"
      ? "its process does not answer"
      : (site.ending?.reason ?? notRunning(site));
  const reason = told === undefined ? silent : told.reason;
  return {
    id: site.id,
    url: site.lastReady?.url ?? null,
    pid: pidOf(site),
    up: site.state === "running",
    healthy: told?.healthy ?? false,
    state: site.state,
    membership: membershipOf(site, told),
    incarnation: site.lastReady?.incarnation ?? null,
    ...(told?.healthy === true || reason === undefined ? {} : { reason }),
    crashes: site.crashes,
    lastCrash: site.lastCrash ?? null,
    ...(site.restartsInMs === undefined ? {} : { restartsInMs: site.restartsInMs }),
    ...(told?.building === undefined ? {} : { building: told.building }),
    named: told?.named?.url ?? null,
    ...(told?.named?.trouble === undefined ? {} : { namedTrouble: told.named.trouble }),
  };
}

function describeDns(sites: Sites, frontDoor: Site | undefined): DnsStatus | null {
  const dns = frontDoor?.lastReady?.dns;
  if (dns === undefined) return null;
  const zone = sites.naming?.dns.zone ?? dns.zone;
  return { ...dns, zone, httpPort: sites.names?.port ?? null };
}

export async function describeDeployment(
  sites: Sites,
  directory: DataDirectory,
  control: { readonly host: string; readonly port: number },
): Promise<DeploymentStatus> {
  const living = new Set(
    sites
      .regions()
      .filter((s) => s.state === "running")
      .map((s) => s.id),
  );
  const addresses = sites.addresses().filter(({ id }) => living.has(id));
  const frontDoor = sites.get(FRONT_DOOR_SITE);
  const asked = frontDoor?.state === "running" ? frontDoor.child : undefined;
  const [regions, door, apps, voters] = await Promise.all([
    Promise.all(sites.regions().map(describeRegion)),
    asked?.status(CHILD_LIMIT_MS),
    observeApps(addresses, APPS_LIMIT_MS),
    observeVoters(addresses, APPS_LIMIT_MS),
  ]);
  const url = frontDoor?.lastReady?.url ?? null;
  const witness = sites.get(WITNESS_SITE);
  return {
    ready: frontDoor?.state === "running" && apps.length > 0 && apps.every((app) => app.isSettled),
    frontDoor: url,
    frontDoorPid: pidOf(frontDoor),
    console: url === null ? null : new URL("/console/", url).href,
    dns: describeDns(sites, frontDoor),
    regions,
    witness:
      witness === undefined
        ? null
        : { pid: pidOf(witness), up: witness.state === "running", state: witness.state },
    operatorTokenFile: directory.operatorTokenFile,
    apps: apps.map(({ isSettled: _, ...app }) => app),
    healthChecks: door?.healthChecks ?? [],
    ...voters,
    faults: sites.injected.active(sites.all(), sites.network, Date.now()),
    supervisorPid: process.pid,
    control: `http://${control.host}:${control.port}`,
  };
}
