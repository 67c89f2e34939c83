/**
 * Who acknowledged writes in which epoch, and whether two ever did at once. *pure*
 *
 * Judged from what clients got: region and epoch of each acknowledgement, and when its call began
 * and returned. A replayed answer tells of the epoch of the first time, and proves nothing.
 *
 * Invariants
 *  E1 one region acknowledges in an epoch                                             (split)
 *  E2 one process of it: what began after a restart is not acknowledged in the old epoch (same)
 *  E3 no acknowledged write began after the first acknowledgement of a later epoch had returned;
 *     a call's beginning is before its region's, so this never accuses wrongly        (late)
 *  E4 nor was a read that began then answered as `current` in the old epoch         (current)
 *
 * Not promised: two writers that no client's timing can tell apart.
 */
import { isWrite, type Mark, type Operation } from "../history.ts";

export interface EpochHeld {
  readonly epoch: number;
  readonly region: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly writes: number;
}

export interface EpochFault {
  readonly rule:
    | "split"
    | "same-epoch-after-restart"
    | "acknowledged-after-later-epoch"
    | "current-after-later-epoch";
  readonly epoch: number;
  readonly what: string;
}

export interface Epochs {
  readonly held: readonly EpochHeld[];
  readonly faults: readonly EpochFault[];
}

interface Acknowledged {
  readonly region: string;
  readonly epoch: number;
  readonly operation: Operation;
}

export function checkEpochs(operations: readonly Operation[], marks: readonly Mark[]): Epochs {
  const acknowledged = operations.flatMap((operation): Acknowledged[] => {
    const { outcome, replayed } = operation;
    const tells = isWrite(operation) && outcome === "ok" && replayed !== true;
    return tells ? placed(operation) : [];
  });
  const current = operations.flatMap((operation): Acknowledged[] => {
    const { outcome, consistency } = operation;
    const tells = !isWrite(operation) && outcome === "ok" && consistency === "current";
    return tells ? placed(operation) : [];
  });
  const held = heldBy(acknowledged);
  return {
    held,
    faults: [
      ...splitEpochs(held),
      ...epochsKept(acknowledged, marks),
      ...lateWriters(acknowledged, held),
      ...lateReaders(current, held),
    ],
  };
}

const placed = (operation: Operation): Acknowledged[] => {
  const { region, epoch } = operation;
  return region !== undefined && epoch !== undefined && epoch > 0
    ? [{ region, epoch, operation }]
    : [];
};

function heldBy(acknowledged: readonly Acknowledged[]): EpochHeld[] {
  const held = new Map<string, EpochHeld>();
  for (const { region, epoch, operation } of acknowledged) {
    const name = `${epoch} ${region}`;
    const { endMs } = operation;
    const known = held.get(name) ?? { epoch, region, firstMs: endMs, lastMs: endMs, writes: 0 };
    held.set(name, {
      ...known,
      firstMs: Math.min(known.firstMs, endMs),
      lastMs: Math.max(known.lastMs, endMs),
      writes: known.writes + 1,
    });
  }
  return [...held.values()].sort((a, b) => a.epoch - b.epoch || a.firstMs - b.firstMs);
}

function splitEpochs(held: readonly EpochHeld[]): EpochFault[] {
  const regions = new Map<number, string[]>();
  for (const { epoch, region } of held) regions.set(epoch, [...(regions.get(epoch) ?? []), region]);
  return [...regions]
    .filter(([, of]) => of.length > 1)
    .map(([epoch, of]) => ({
      rule: "split",
      epoch,
      what: `${of.join(" and ")} both acknowledged writes in epoch ${epoch}`,
    }));
}

/** Per epoch and region, of the restarts: the first one after which the old epoch was used. */
function epochsKept(acknowledged: readonly Acknowledged[], marks: readonly Mark[]): EpochFault[] {
  const faults = new Map<string, EpochFault>();
  for (const mark of marks.filter((m) => m.restarted === true)) {
    for (const region of mark.sites) {
      const mine = acknowledged.filter((a) => a.region === region);
      const before = new Set(mine.filter((a) => a.operation.endMs < mark.atMs).map((a) => a.epoch));
      const wrong = mine.find((a) => a.operation.startMs > mark.doneMs && before.has(a.epoch));
      if (wrong === undefined) continue;
      faults.set(`${region} ${wrong.epoch}`, {
        rule: "same-epoch-after-restart",
        epoch: wrong.epoch,
        what:
          `${region} went on in epoch ${wrong.epoch} after its process was restarted ` +
          `(operation ${wrong.operation.number})`,
      });
    }
  }
  return [...faults.values()];
}

const SHOWN = 20;

function lateWriters(
  acknowledged: readonly Acknowledged[],
  held: readonly EpochHeld[],
): EpochFault[] {
  return begunTooLate(acknowledged, held).map(({ region, epoch, operation, over, lateMs }) => ({
    rule: "acknowledged-after-later-epoch",
    epoch,
    what:
      `${region} acknowledged operation ${operation.number} in epoch ${epoch}, begun ` +
      `${lateMs.toFixed(1)} ms after ${over.region} had acknowledged in epoch ${over.epoch}`,
  }));
}

function lateReaders(reads: readonly Acknowledged[], held: readonly EpochHeld[]): EpochFault[] {
  return begunTooLate(reads, held).map(({ region, epoch, operation, over, lateMs }) => ({
    rule: "current-after-later-epoch",
    epoch,
    what:
      `${region} answered read ${operation.number} as current in epoch ${epoch}, begun ` +
      `${lateMs.toFixed(1)} ms after ${over.region} had acknowledged in epoch ${over.epoch}`,
  }));
}

type TooLate = Acknowledged & { readonly over: EpochHeld; readonly lateMs: number };

function begunTooLate(
  answered: readonly Acknowledged[],
  held: readonly EpochHeld[],
): readonly TooLate[] {
  const overBy = new Map<number, EpochHeld | undefined>();
  /** The first acknowledgement of any later epoch to return. */
  const overOf = (epoch: number): EpochHeld | undefined => {
    if (overBy.has(epoch)) return overBy.get(epoch);
    const later = held.filter((one) => one.epoch > epoch).sort((x, y) => x.firstMs - y.firstMs);
    overBy.set(epoch, later[0]);
    return later[0];
  };
  return answered
    .flatMap((one): TooLate[] => {
      const over = overOf(one.epoch);
      const lateMs = one.operation.startMs - (over?.firstMs ?? Number.POSITIVE_INFINITY);
      return over !== undefined && lateMs > 0 ? [{ ...one, over, lateMs }] : [];
    })
    .slice(0, SHOWN);
}
