import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSameUsername } from "../../../layers/identity/same-name.ts";
import { rangesOf, rowOf, ticketOf } from "./rows.ts";
import { tickets } from "./tables.ts";
import { decideChange, PRIORITIES, STATUSES, type Status, type Ticket } from "./ticket.ts";

const ticket: Ticket = {
  id: "t1",
  description: "The unicorn never came.",
  priority: "normal",
  status: "open",
  assigned: null,
  createdBy: "rider",
  createdOn: "2026-03-01T00:00:00.000Z",
};
const rider = { username: "rider", roles: ["user"] };
const stranger = { username: "stranger", roles: ["user"] };
const agent = { username: "agent", roles: ["user", "agent"] };

/** Every cell has to be filled in: a new status does not compile until its moves are decided. */
const MOVES: Record<Status, Record<Status, "changed" | "refused">> = {
  open: { open: "changed", "in-progress": "changed", closed: "changed" },
  "in-progress": { open: "changed", "in-progress": "changed", closed: "changed" },
  closed: { open: "changed", "in-progress": "refused", closed: "changed" },
};

describe("what may become of a ticket", () => {
  for (const from of STATUSES) {
    for (const to of STATUSES) {
      test(`${from} to ${to} is ${MOVES[from][to]}`, () => {
        const decision = decideChange({ ...ticket, status: from }, { status: to }, rider);
        expect(decision.kind).toBe(MOVES[from][to]);
        if (decision.kind === "changed") expect(decision.ticket.status).toBe(to);
      });
    }
  }

  test("a closed ticket is changed only in the step that reopens it", () => {
    const closed: Ticket = { ...ticket, status: "closed" };
    expect(decideChange(closed, { priority: "high" }, rider)).toMatchObject({ code: "conflict" });
    const reopened = decideChange(closed, { status: "open", priority: "high" }, rider);
    expect(reopened).toMatchObject({ ticket: { status: "open", priority: "high" } });
  });

  test("its creator, its assignee and agents may change it, and nobody else", () => {
    const assigned: Ticket = { ...ticket, assigned: "stranger" };
    expect(decideChange(ticket, { status: "closed" }, rider).kind).toBe("changed");
    expect(decideChange(ticket, { assigned: "agent" }, agent).kind).toBe("changed");
    expect(decideChange(assigned, { status: "closed" }, stranger).kind).toBe("changed");
    const capitals: Ticket = { ...ticket, createdBy: "RIDER", assigned: "Stranger" };
    for (const actor of [rider, stranger]) {
      expect(decideChange(capitals, { status: "closed" }, actor).kind).toBe("changed");
    }
    expect(decideChange(ticket, { status: "closed" }, stranger)).toMatchObject({
      code: "not-allowed",
    });
  });

  test("what a change does not name stays, and null takes the assignee away", () => {
    const assigned: Ticket = { ...ticket, assigned: "agent" };
    const decision = decideChange(assigned, { assigned: null }, agent);
    expect(decision).toEqual({ kind: "changed", ticket });
  });
});

const isSame = (asked: string, kept: string | null) => kept !== null && isSameUsername(asked, kept);

const anyTicket = fc.record({
  id: fc.string({ minLength: 1, maxLength: 20 }).filter((id) => !/\p{Cs}/u.test(id)),
  description: fc.string({ minLength: 10, maxLength: 100 }),
  priority: fc.constantFrom(...PRIORITIES),
  status: fc.constantFrom(...STATUSES),
  assigned: fc.option(fc.stringMatching(/^(?:[aAİ#]{1,2}|[\w#]{1,20})$/)),
  createdBy: fc.string({ minLength: 3, maxLength: 20 }),
  createdOn: fc.constant("2026-03-01T00:00:00.000Z"),
});

test("any ticket can be kept, is read back the same, and is in just the ranges it belongs to", () => {
  fc.assert(
    fc.property(anyTicket, anyTicket, (kept, asked) => {
      const parsed = tickets.parse(rowOf(kept));
      expect(parsed.kind).toBe("ok");
      expect(ticketOf(rowOf(kept))).toEqual(kept);
      const entries = tickets.indexEntries(rowOf(kept) as never);
      for (const status of [undefined, asked.status]) {
        for (const assigned of [undefined, asked.assigned ?? undefined]) {
          const ranges = rangesOf({ status, assigned });
          const listed = entries.some((entry) =>
            ranges.some(
              ({ index, partition }) => entry.index === index && entry.partition === partition,
            ),
          );
          const belongs =
            (status === undefined || status === kept.status) &&
            (assigned === undefined || isSame(assigned, kept.assigned));
          expect(listed).toBe(belongs);
        }
      }
    }),
  );
});
