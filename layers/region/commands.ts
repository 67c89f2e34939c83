/**
 * What an operator asks of one app: fence, unfence, failover, switchover. *pure core*
 *
 * Each answers once: ok with the record, a refusal with its reason, `elsewhere` when another region
 * has to do it, or unknown when this region stopped being the one that could tell.
 */
import type { Instant } from "../../base/clock.ts";
import { type Outcome, unknown } from "../../base/outcome.ts";
import * as changes from "../routing/changes.ts";
import type { CommandCode } from "../routing/port.ts";
import type { Cause, RoutingRecord } from "../routing/record.ts";
import type { AppParts, CommandAnswer } from "./app-parts.ts";
import type { Taking } from "./taking.ts";
import { decideTransfer, type TransferStage } from "./transfer.ts";

interface Transfer {
  readonly to: string;
  readonly cause: Cause;
  readonly change: changes.Change;
  readonly waitMs: number;
  readonly answer: CommandAnswer;
  stage: TransferStage;
  since: number;
}

interface By {
  readonly by: string;
  readonly reason: string;
  /** Of the change; a new one where it is absent. */
  readonly commandId?: string;
}

export class Commands {
  readonly #app: AppParts;
  readonly #taking: Taking;
  readonly #incarnationOf: (region: string) => number;
  #transfer: Transfer | undefined;
  #due: { at: number; act: () => void }[] = [];

  constructor(app: AppParts, taking: Taking, incarnationOf: (region: string) => number) {
    this.#app = app;
    this.#taking = taking;
    this.#incarnationOf = incarnationOf;
  }

  /** The target of a switchover under way. */
  get wanted(): string | undefined {
    return this.#transfer?.to;
  }

  fence(by: By, answer: CommandAnswer, now: Instant): void {
    this.#change(by, changes.fence, answer, now);
  }

  unfence(by: By, answer: CommandAnswer, now: Instant): void {
    this.#change(by, changes.unfence, answer, now);
  }

  /** Any change of the record that needs nothing but the voters. */
  change(
    by: string,
    reason: string,
    next: (record: RoutingRecord, change: changes.Change) => changes.Changed,
    answer: CommandAnswer,
    now: Instant,
  ): void {
    this.#change({ by, reason }, next, answer, now);
  }

  #changeOf({ by, reason, commandId }: By, now: Instant): changes.Change {
    const change = this.#app.change(by, reason, now);
    return commandId === undefined ? change : { ...change, changeId: commandId };
  }

  #change(
    by: By,
    next: (record: RoutingRecord, change: changes.Change) => changes.Changed,
    answer: CommandAnswer,
    now: Instant,
  ): void {
    const change = this.#changeOf(by, now);
    let refusal = "the app has no record yet";
    this.#app.registrar.propose(
      {
        change: ({ value }) => {
          const record = value as RoutingRecord | undefined;
          if (record === undefined || changes.contains(record, change.changeId)) return undefined;
          const changed = next(record, change);
          if (!changed.ok) refusal = changed.reason;
          return changed.ok ? changed.record : undefined;
        },
        done: (end, at) => {
          const record = end.value as RoutingRecord | undefined;
          if (record !== undefined) this.#app.learn(record, end.ballot, at);
          if (record === undefined || !changes.contains(record, change.changeId)) {
            answer({ kind: "failed", code: "not-allowed", reason: refusal });
            return;
          }
          this.#app.push(end);
          // A fence holds for certain when every grant has run out.
          const waitMs = record.phase === "fenced" ? end.remainingMs : 0;
          const act = (): void => answer({ kind: "ok", value: record });
          this.#due.push({ at: at.mono + waitMs, act });
        },
      },
      now,
    );
  }

  /**
   * To this region, from whoever serves, whether or not that one still answers. Of an active-active
   * app that this region serves already: the names of regions that are gone (homes.ts).
   */
  failover(
    by: By & { readonly acceptDataLoss: boolean },
    answer: CommandAnswer,
    now: Instant,
  ): void {
    const { data, site, homes, options, holding } = this.#app;
    if (options.mode === "active-active" && holding !== undefined) {
      return homes.takeOver(by, answer, now);
    }
    const building = data.building.building(site.engine);
    if (building !== undefined) {
      const reason = `${site.self.region} is building indexes of ${building.table}: wait for it`;
      answer({ kind: "failed", code: "no-candidate", reason });
      return;
    }
    const isEligible = this.#taking.isEligible(now);
    if (!isEligible && !by.acceptDataLoss) {
      const reason = `${this.#app.site.self.region} may lack acknowledged writes`;
      answer({ kind: "failed", code: "would-lose-data", reason });
      return;
    }
    this.#taking.take({ cause: "failover", forced: !isEligible, ...by, answer }, now);
  }

  /** Planned; only the holder can drive it. */
  switchover(
    to: string,
    options: By & { readonly cause: Cause; readonly waitMs: number },
    answer: CommandAnswer,
    now: Instant,
  ): void {
    const { holding, record, site } = this.#app;
    if (holding === undefined) {
      const region = record?.serving[0]?.region;
      if (region !== undefined && region !== site.self.region)
        answer({ kind: "elsewhere", region });
      else answer({ kind: "failed", code: "not-serving", reason: "no region serves it now" });
      return;
    }
    if (this.#transfer !== undefined || !holding.shipping.peers.has(to)) {
      const isBusy = this.#transfer !== undefined;
      const reason = isBusy ? "a switchover is under way" : `${to} is no other region of it`;
      answer({ kind: "failed", code: "not-allowed", reason });
      return;
    }
    if (holding.shipping.peers.get(to)?.isBuilding === true) {
      const reason = `${to} is building indexes: wait for it`;
      answer({ kind: "failed", code: "no-candidate", reason });
      return;
    }
    const change = this.#changeOf(options, now);
    const { cause, waitMs } = options;
    this.#transfer = {
      to,
      cause,
      change,
      waitMs,
      answer: once(answer),
      stage: "catching-up",
      since: now.mono,
    };
    this.tick(now);
  }

  tick(now: Instant): void {
    const due = this.#due.filter((one) => one.at <= now.mono);
    if (due.length > 0) this.#due = this.#due.filter((one) => one.at > now.mono);
    for (const { act } of due) act();
    const { holding, record } = this.#app;
    if (holding === undefined) this.lost();
    const transfer = this.#transfer;
    const peer = transfer && holding?.shipping.peers.get(transfer.to);
    if (!transfer || !holding || !record || !peer) return;
    const next = decideTransfer(transfer.stage, now.mono - transfer.since, transfer.waitMs, {
      targetMatch: peer.match,
      targetInSync: record.durability === "local" || holding.inSync.known.includes(transfer.to),
      targetHeardMsAgo: now.mono - peer.heardAt,
      end: holding.log.end.position,
      ownFlushed: holding.ownFlushed,
      waitingWrites: holding.waitingWrites,
    });
    if (next === transfer.stage) return;
    if (next === "abandon") {
      const reason = `${transfer.to} did not catch up in time`;
      this.end({ kind: "failed", code: "no-candidate", reason });
      return;
    }
    transfer.stage = next;
    transfer.since = now.mono;
    holding.gate = "draining";
    if (next === "proposing") this.#propose(transfer, now);
    else this.tick(now);
  }

  #propose(transfer: Transfer, now: Instant): void {
    const { self } = this.#app.site;
    const to = { region: transfer.to, incarnation: this.#incarnationOf(transfer.to) };
    this.#app.registrar.propose(
      {
        change: ({ value }) => {
          const record = value as RoutingRecord;
          if (changes.contains(record, transfer.change.changeId)) return undefined;
          const changed = changes.switchOver(record, self, to, transfer.cause, transfer.change);
          return changed.ok ? changed.record : undefined;
        },
        done: (end, at) => {
          const record = end.value as RoutingRecord;
          if (!changes.contains(record, transfer.change.changeId)) {
            this.#reopen(record, end, at);
            return;
          }
          if (this.#transfer === transfer) this.#transfer = undefined;
          this.#app.site.lease.surrender(this.#app.options.app, record.epoch - 1);
          this.#app.push(end);
          this.#app.learn(record, end.ballot, at);
          transfer.answer({ kind: "ok", value: record });
        },
      },
      now,
    );
  }

  /** The switchover is known not to have happened: go on in the next epoch. */
  #reopen(record: RoutingRecord, end: Parameters<AppParts["push"]>[0], now: Instant): void {
    const { self } = this.#app.site;
    this.end({ kind: "failed", code: "not-allowed", reason: "the record changed meanwhile" });
    const { holding } = this.#app;
    if (holding !== undefined) holding.gate = "draining";
    this.#app.learn(record, end.ballot, now);
    const reason = "the switchover did not happen";
    this.#taking.propose(reason, (next, change) => changes.reopen(next, self, change), now);
  }

  /** The switchover under way is over, this way; nothing was proposed, or its outcome is known. */
  end(outcome: Outcome<RoutingRecord, CommandCode>): void {
    const transfer = this.#transfer;
    this.#transfer = undefined;
    const { holding } = this.#app;
    if (transfer !== undefined && holding?.gate === "draining") holding.gate = "open";
    transfer?.answer(outcome);
  }

  /**
   * The region lost the app while it was moving. What it proposed itself is no loss: it is done as
   * soon as the record tells of it, and until then its own round will say.
   */
  lost(): void {
    const [transfer, { record }] = [this.#transfer, this.#app];
    if (transfer === undefined) return;
    if (record !== undefined && changes.contains(record, transfer.change.changeId)) {
      this.#transfer = undefined;
      transfer.answer({ kind: "ok", value: record });
    } else if (transfer.stage !== "proposing") this.end(unknown("the app moved meanwhile"));
  }
}

function once(answer: CommandAnswer): CommandAnswer {
  let isAnswered = false;
  return (end) => {
    if (!isAnswered) answer(end);
    isAnswered = true;
  };
}
