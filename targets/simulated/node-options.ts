/** What a site of the simulated world is made of, and what an observer is told of it. *types* */
import type { Rng } from "../../base/rng.ts";
import type { BodyDisk } from "../../layers/objects/disk.ts";
import type { ByteMessage } from "../../layers/objects/messages.ts";
import type { AppOptions } from "../../layers/region/app-region.ts";
import type { RegionMessage } from "../../layers/region/messages.ts";
import type { RegionRules } from "../../layers/region/rules.ts";
import type { Ballot } from "../../layers/routing/ballot.ts";
import type { Members } from "../../layers/routing/members.ts";
import type { VoterReply, VoterRequest } from "../../layers/routing/messages.ts";
import type { LeaseTerms, RoutingRules } from "../../layers/routing/rules.ts";
import type { VoterDisk } from "../../layers/routing/voter-disk.ts";
import type { Process } from "./node.ts";
import type { Scheduler } from "./scheduler.ts";

export type Message = VoterRequest | VoterReply | RegionMessage | ByteMessage;

export interface NodeOptions {
  readonly site: string;
  readonly isFounder: boolean; // its voter is in the first member list
  readonly scheduler: Scheduler;
  readonly rng: Rng;
  /** What a process goes by whose voter knows no list. */
  readonly members: Members;
  readonly apps: readonly AppOptions[];
  readonly terms: LeaseTerms;
  readonly routingRules: RoutingRules;
  readonly regionRules: RegionRules;
  readonly send: (from: string, to: string, message: Message) => void;
  readonly watch: Watch;
  readonly voterFinds: (site: string, disk: VoterDisk | undefined) => VoterDisk | undefined;
  /** How long after a tick the next one is due. */
  readonly tickMs: () => number;
  /** Another disk for bytes than the simulated one. */
  readonly openDisk?: (site: string, run: (act: () => void) => void) => BodyDisk;
  readonly objects?: { readonly graceMs: number; readonly chunkBytes: number };
}

/** What an observer of the whole world is told. */
export interface Watch {
  began(region: string, incarnation: number, app: string, epoch: number): void;
  proposed(register: string, ballot: Ballot, members: Members): void;
  voted(site: string, disk: VoterDisk, register: string): void;
  /** A process runs now; what else it is made of can be put around its cores. */
  started(site: string, process: Process): void;
}

/** How soon a process that ended by itself is started again. */
export const RESTART_MS = 5;

export const isByteMessage = (message: Message): message is ByteMessage =>
  message.type.startsWith("bytes-");

export const idAtSite = (members: Members, site: string): string =>
  members.sets[0]?.find((voter) => voter.site === site)?.voterId ?? site;
