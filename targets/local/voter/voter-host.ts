/**
 * Runs one voter: its core, its directory, and its answers on the link. *shell*
 *
 *   message --> core --> must be on disk? --no--------------------------> sent
 *                              \--yes--> one write for all that wait ----> sent, in order
 *
 * Invariants
 *  H1 nothing that the core has said leaves before what it had to persist by then is on disk; that
 *     includes messages that need no write themselves but tell of a state that does      (#send)
 *  H2 a voter whose disk refuses is silent, and tries again                        (#persistAll)
 *  H3 a voter whose directory has a newer user says nothing more               (onSuperseded)
 */
import { randomBytes } from "node:crypto";
import type { Instant } from "../../../base/clock.ts";
import type { VoterReply, VoterRequest } from "../../../layers/routing/messages.ts";
import type { Holder } from "../../../layers/routing/record.ts";
import { type LeaseTerms, ROUTING_RULES } from "../../../layers/routing/rules.ts";
import { Voter, type VoterEffects } from "../../../layers/routing/voter.ts";
import { newVoterDisk, startVoterDisk } from "../../../layers/routing/voter-disk.ts";
import type { Link, PeerState } from "../link/link.ts";
import { openVoterDirectory, type VoterDirectory } from "./voter-directory.ts";

export interface VoterHostOptions {
  readonly site: string;
  readonly directory: string;
  readonly terms: LeaseTerms;
  readonly now: () => Instant;
  readonly onSuperseded: () => void;
  readonly log: (line: string) => void;
}

const RETRY_MS = 200;
const HELLO_MS = 50;
const MOST_WAITING = 10_000;

type Outgoing = VoterEffects["send"][number];

export class VoterHost {
  readonly voter: Voter;
  readonly #options: VoterHostOptions;
  readonly #directory: VoterDirectory;
  #link: Link | undefined;
  #waiting: Outgoing[] = [];
  #mustPersist = false;
  #persisting: Promise<void> | undefined;
  #isClosed = false;
  #saidHelloAt = Number.NEGATIVE_INFINITY;

  private constructor(options: VoterHostOptions, directory: VoterDirectory, voter: Voter) {
    this.#options = options;
    this.#directory = directory;
    this.voter = voter;
  }

  /** Reads the directory and writes this start into it; an empty one gets a voter with a new id. */
  static async open(options: VoterHostOptions): Promise<VoterHost> {
    const directory = openVoterDirectory(options.directory);
    const before = directory.found ?? newVoterDisk(`voter-${options.site}-${randomName()}`);
    const { site, terms } = options;
    const disk = startVoterDisk(before, `start-${randomName()}`, terms.leaseMs);
    const voter = new Voter(site, disk, terms, ROUTING_RULES, options.now());
    if ((await directory.persist(voter.disk)) === "superseded") {
      directory.close();
      throw new Error(`another process has opened ${options.directory}`);
    }
    return new VoterHost(options, directory, voter);
  }

  useLink(link: Link): void {
    this.#link = link;
  }

  receive(from: string, message: VoterRequest | VoterReply): void {
    this.#run(this.voter.step(from, message, this.#options.now()));
  }

  /** A hint from the transport; answers whether it was about a region. */
  peerChanged(peer: string, state: PeerState): boolean {
    const site = peer.slice(peer.indexOf("/") + 1);
    const isRegion = /^(?:region|voter)\//.test(peer) && site !== this.#options.site;
    if (state !== "refused" || !isRegion) return false;
    this.voter.connectionRefused(site);
    return true;
  }

  died(holder: Holder): void {
    this.voter.died(holder);
  }

  /** `voters`: every voter's address that is known of, for a voter that knows no members yet. */
  tick(voters: readonly string[]): void {
    const { voter } = this;
    const { mono } = this.#options.now();
    if (voter.status === "voting" || mono - this.#saidHelloAt < HELLO_MS) return;
    this.#saidHelloAt = mono;
    if (voter.members !== undefined) {
      this.#run(voter.hello());
      return;
    }
    const { voterId, incarnation, start } = voter.disk.identity;
    const message = { type: "hello", site: voter.site, voterId, incarnation, start } as const;
    for (const to of voters) this.#link?.send(to, message);
  }

  async close(): Promise<void> {
    await this.#persisting;
    this.#isClosed = true;
    this.#directory.close();
  }

  #run({ persist, send }: VoterEffects): void {
    if (persist) this.#mustPersist = true;
    this.#send(send);
  }

  #send(messages: readonly Outgoing[]): void {
    if (this.#isClosed) return;
    if (!this.#mustPersist && this.#persisting === undefined) {
      for (const { to, message } of messages) this.#link?.send(to, message);
      return;
    }
    if (this.#waiting.length < MOST_WAITING) this.#waiting.push(...messages);
    this.#persisting ??= this.#persistAll().finally(() => {
      this.#persisting = undefined;
    });
  }

  async #persistAll(): Promise<void> {
    while (this.#mustPersist && !this.#isClosed) {
      // The apps of a region move together: what came in the same turn shares one write.
      await new Promise((resolve) => setImmediate(resolve));
      this.#mustPersist = false;
      const messages = this.#waiting;
      this.#waiting = [];
      try {
        const end = await this.#directory.persist(this.voter.disk);
        if (end === "superseded") {
          this.#isClosed = true;
          this.#options.onSuperseded();
          return;
        }
        for (const { to, message } of messages) this.#link?.send(to, message);
      } catch (error) {
        // What waited is not said; who asked asks again.
        this.#options.log(`voter: its disk refuses a write: ${(error as Error).message}`);
        this.#mustPersist = true;
        this.#waiting = [];
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        this.#waiting = [];
      }
    }
    const rest = this.#waiting;
    this.#waiting = [];
    for (const { to, message } of rest) this.#link?.send(to, message);
  }
}

const randomName = (): string => randomBytes(9).toString("hex");
