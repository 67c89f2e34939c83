/**
 * What the supervisor and its children say to each other over IPC. *port*
 *
 * A child is started with nothing in its arguments but its role and site; the first message brings
 * its configuration, secrets included. It answers `ready` when it serves, or `failed` when it
 * cannot. Everything else may come at any time, in any order.
 *
 *   supervisor -> child   start, peers, faults, health, takeovers, died, status?, members?, stop
 *   child -> supervisor   opening, ready | failed, status!, members!
 */
import type { Entrance } from "../../../layers/api/entrance.ts";
import type { Building } from "../../../layers/region/index-building.ts";
import type { HealthCheckView } from "../../../layers/routing/health-board.ts";
import type { LeaseWord } from "../../../layers/routing/lease-words.ts";
import type { Naming } from "../../../layers/routing/naming.ts";
import type { Address, Endpoint } from "../link/address.ts";
import type { LinkFaults } from "../link/fault.ts";

export type Role = "region" | "witness" | "front-door";

export interface RegionRef {
  readonly id: string;
  /** For people, where the id is none that base/places.ts names. */
  readonly title?: string;
}

export interface ChildConfig {
  readonly role: Role;
  /** The region's id, "witness" or "front-door": what faults are addressed to. */
  readonly site: string;
  /** Of its main thread's link: region/ID, voter/witness or front-door/1. */
  readonly address: Address;
  /** Of the voter's link in a region's worker thread: voter/ID. */
  readonly voterAddress?: Address;
  readonly deploymentId: string;
  /** Its own directory, made already. */
  readonly dataDir: string;
  /** For links and death notices; hexadecimal. */
  readonly secretHex: string;
  /** Whoever shows it over HTTP is an operator. */
  readonly operatorToken: string;
  /** In order of preference: the first is the primary. */
  readonly regions: readonly RegionRef[];
  readonly witness: boolean;
  /** A region that is being added to a deployment that already serves. */
  readonly joining: boolean;
  /** The deployment's understudy.config.ts; absent: the apps that come with Understudy. */
  readonly configFile?: string;
  readonly host: string;
  /** Where a front door listens for clients; absent: `host`. */
  readonly clientHost?: string;
  /**
   * Where to serve HTTP. A front door serves there or fails; a region takes a free port instead
   * when this one is 0 or taken (it is the one it had before).
   */
  readonly httpPort: number;
  /** The supervisor's control API, to which the front door hands on /control/. */
  readonly control: Endpoint;
  readonly faults: LinkFaults;
  readonly leases: LeaseWord;
  readonly healthBroken: boolean;
  /** The deployment is being started as a whole: who is not there yet is not replaced. */
  readonly holdsTakeovers: boolean;
  /** How often this site's process has ended by itself since the supervisor was started. */
  readonly crashes: number;
  /** The deployment's own OpenID provider; absent where none could be started. */
  readonly issuer?: string;
}

/** A signed statement of the parent that reaped the process (death-notice.ts). */
export interface DeathNotice {
  readonly region: string;
  /** This incarnation, and every one before it, has ended. */
  readonly incarnation: number;
  readonly signature: string;
}

export interface PeersMessage {
  readonly type: "peers";
  /** Grows with every change. */
  readonly version: number;
  /** For Link.setPeers: every link of the deployment that was ever ready. */
  readonly peers: Readonly<Record<Address, Endpoint>>;
  /** Every region with an HTTP address, in order of preference, whether it is up or not. */
  readonly regions: readonly { readonly id: string; readonly url: string }[];
  readonly frontDoorUrl?: string;
  /** Of the deployment's configuration, as the first region that started has read it. */
  readonly naming?: Naming;
  /** As the naming. */
  readonly entrance?: Entrance;
  /** Absent where there is but one loopback address, and until the front door has a port. */
  readonly names?: NamedAddresses;
}

/** Each region listens there as well, so that a name is enough to reach it. */
export interface NamedAddresses {
  /** The front door's: common to all. */
  readonly port: number;
  readonly addresses: Readonly<Record<string, string>>;
}

export interface MembersChange {
  readonly change: "add" | "remove";
  readonly region: string;
  /** Removes a region although it does not answer. */
  readonly acceptDataLoss?: boolean;
  readonly waitMs: number;
}

export type ParentMessage =
  | { readonly type: "start"; readonly config: ChildConfig }
  | PeersMessage
  | { readonly type: "faults"; readonly faults: LinkFaults }
  | { readonly type: "health"; readonly broken: boolean }
  /** Held while the deployment is started or stopped as a whole. */
  | { readonly type: "takeovers"; readonly held: boolean }
  /** A share of 0 ends it. */
  | { readonly type: "overload"; readonly share: number; readonly durationMs: number }
  | { readonly type: "died"; readonly notices: readonly DeathNotice[] }
  | { readonly type: "status"; readonly request: number }
  | ({ readonly type: "members"; readonly request: number } & MembersChange)
  | { readonly type: "stop" };

export interface Ready {
  /** Of a region and of the front door. */
  readonly url?: string;
  /** Of its main thread's link; absent for a process without one. */
  readonly linkPort?: number;
  /** Of a region: its voter's link. */
  readonly voterPort?: number;
  /** Of a region's link for bytes; absent where no app has objects. */
  readonly bytesPort?: number;
  readonly incarnation: number;
  /** Of the process that answers DNS questions, the front door. */
  readonly dns?: { readonly address: string; readonly port: number; readonly zone: string };
  /** Of a region: what its configuration says. */
  readonly naming?: Naming;
  readonly entrance?: Entrance;
}

export interface ChildStatus {
  readonly healthy: boolean;
  /** Why not, for people. */
  readonly reason?: string;
  /** Of a region: the index that it builds, before which it does not serve the app. */
  readonly building?: Building & { readonly app: string };
  /** Of the process that answers DNS questions: what the voters have found. */
  readonly healthChecks?: readonly HealthCheckView[];
  /** Of a region: where its name leads to; and why it does not listen there, if so. */
  readonly named?: { readonly url: string; readonly trouble?: string };
  /** Of a region: whether it has the data that was there when it came. */
  readonly hasArrived?: boolean;
}

export type MembersResult =
  | { readonly kind: "ok" }
  | { readonly kind: "failed"; readonly code: string; readonly reason: string }
  | { readonly kind: "unknown"; readonly reason: string };

export type ChildMessage =
  /** It still looks at its data, and gets on: `what`, for people. The limit of its start begins again. */
  | { readonly type: "opening"; readonly what: string }
  | ({ readonly type: "ready"; readonly pid: number } & Ready)
  | { readonly type: "failed"; readonly what: string; readonly got: string; readonly fix: string }
  | { readonly type: "status"; readonly request: number; readonly status: ChildStatus }
  | { readonly type: "members"; readonly request: number; readonly result: MembersResult };

/** The status of a process that asks to be started again, on what it left on its disk. */
export const START_AGAIN = 75;
/** The status of one that stopped in good order because somebody else sent it SIGTERM. */
export const STOPPED_BY_SIGNAL = 143;
export const TAKEN = "the store is empty or an old copy: its incarnation is taken";

export const addressOf = (role: Role, site: string): Address =>
  role === "region" ? `region/${site}` : role === "witness" ? "voter/witness" : "front-door/1";
