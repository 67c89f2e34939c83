/** Histories made by hand, for the checkers' tests: one writer, one line an operation. *pure* */
import type { Mark, Operation, Readback, Row } from "../history.ts";

let number = 0;

/** A write acknowledged by region a in epoch 1, unless told otherwise. */
export function operation(given: Partial<Operation> & Pick<Operation, "startMs">): Operation {
  number += 1;
  const { startMs } = given;
  return {
    number,
    path: "client",
    user: "client-1",
    kind: "submit",
    dueMs: startMs,
    endMs: startMs + 5,
    outcome: "ok",
    region: "a",
    epoch: 1,
    receipt: `r${number}`,
    marker: `ticket ${number}`,
    key: `key ${number}`,
    ticketId: `id ${number}`,
    ...given,
  };
}

export const mark = (given: Partial<Mark> & Pick<Mark, "atMs">): Mark => ({
  doneMs: given.atMs + 5,
  round: 1,
  role: "fault",
  what: "kill a",
  sites: ["a"],
  ...given,
});

/** What is there when nothing went wrong. */
export const rowsOf = (operations: readonly Operation[]): Row[] =>
  operations.map((o) => ({ id: o.ticketId ?? "", version: "1", text: o.marker ?? "" }));

export const readback = (given: Partial<Readback> = {}): Readback => ({
  regions: {},
  byId: [],
  beforeHealing: [],
  unread: [],
  ...given,
});
