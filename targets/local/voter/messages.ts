/**
 * What a region's main thread and its voter's worker thread say to each other. *port*
 *
 * The leases themselves are not sent: they are in shared memory (lease-board.ts), so that the main
 * thread sees a renewal without having to read a message first.
 */

import type { Instant } from "../../../base/clock.ts";
import type { Members } from "../../../layers/routing/members.ts";
import type { RenewApp } from "../../../layers/routing/messages.ts";
import type { Holder } from "../../../layers/routing/record.ts";
import type { Observed } from "../../../layers/routing/renewer.ts";
import type { LeaseTerms } from "../../../layers/routing/rules.ts";
import type { Suspicions } from "../../../layers/routing/voter.ts";
import type { VotersView } from "../../../layers/routing/voters.ts";
import type { Address } from "../link/address.ts";
import type { LinkFaults } from "../link/fault.ts";
import type { CheckNews } from "./health-checker.ts";

export interface WorkerStart {
  readonly site: string;
  readonly address: Address;
  readonly incarnation: number;
  readonly secretHex: string;
  readonly host: string;
  /** Of the voter alone; made by whoever makes the deployment. */
  readonly directory: string;
  readonly terms: LeaseTerms;
  /** In the order of the lease board. */
  readonly apps: readonly string[];
  readonly board: SharedArrayBuffer;
  readonly faults: LinkFaults;
}

export type ToWorker =
  | ({ readonly type: "peers" } & CheckNews)
  | { readonly type: "faults"; readonly faults: LinkFaults }
  | { readonly type: "died"; readonly holder: Holder }
  /** Where this region serves HTTP: what the worker probes. */
  | { readonly type: "url"; readonly url: string }
  | { readonly type: "tell"; readonly apps: readonly RenewApp[]; readonly urgent: boolean }
  | { readonly type: "hold"; readonly app: string; readonly epoch: number; readonly carry: boolean }
  | { readonly type: "release"; readonly app: string }
  | { readonly type: "surrender"; readonly app: string; readonly epoch: number }
  | {
      readonly type: "granted";
      readonly app: string;
      readonly epoch: number;
      readonly voters: readonly string[];
      readonly sentAt: Instant;
    }
  | { readonly type: "members"; readonly members: Members }
  | { readonly type: "stop" };

export type FromWorker =
  | { readonly type: "started"; readonly port: number; readonly members?: Members }
  /** A voter that had none has learned who the members are. */
  | { readonly type: "members"; readonly members: Members }
  | { readonly type: "observed"; readonly observed: Observed }
  /** Which voters answer this region. */
  | { readonly type: "voters"; readonly voters: VotersView }
  /** Serving regions that the voter suspects, by app; the whole picture. */
  | { readonly type: "suspicions"; readonly suspicions: Suspicions }
  /** Whether the main thread answers over HTTP, as the probe has seen it. */
  | { readonly type: "answers"; readonly answers: boolean }
  /** Another process uses the voter's directory. */
  | { readonly type: "superseded" }
  /** For the log of the region. */
  | { readonly type: "log"; readonly line: string }
  | { readonly type: "stopped" };
