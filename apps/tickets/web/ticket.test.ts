import { describe, expect, test } from "vitest";
import {
  conflictOf,
  mayChange,
  missingCharacters,
  remainingChanges,
  type Ticket,
} from "./ticket.ts";

const ticket: Ticket = {
  id: "t-1",
  description: "The printer is silent",
  priority: "normal",
  status: "open",
  assigned: null,
  createdBy: "requester",
  createdOn: "2026-01-01T00:00:00Z",
  version: "1",
};

describe("a conflict", () => {
  test("shows what others changed beside what this person wants", () => {
    const theirs = { ...ticket, priority: "urgent", version: "2" } as const;
    expect(conflictOf(ticket, theirs, { status: "closed" })).toEqual([
      { field: "priority", before: "normal", theirs: "urgent", mine: undefined },
      { field: "status", before: "open", theirs: "open", mine: "closed" },
    ]);
  });

  test("is none when the others did the very same", () => {
    const theirs = { ...ticket, status: "closed", version: "2" } as const;
    expect(remainingChanges(theirs, { status: "closed" })).toEqual({});
  });

  test("treats nobody, null and empty as the same assignee", () => {
    expect(remainingChanges(ticket, { assigned: null })).toEqual({});
    expect(remainingChanges(ticket, { assigned: "" })).toEqual({});
  });
});

test("a ticket is changed by its creator, its assignee and agents, and by nobody unnamed", () => {
  expect(mayChange(ticket, { username: "requester" })).toBe(true);
  expect(mayChange({ ...ticket, assigned: "helper" }, { username: "helper" })).toBe(true);
  expect(mayChange(ticket, { username: "helper", roles: ["agent"] })).toBe(true);
  expect(mayChange(ticket, { username: "helper", roles: ["user"] })).toBe(false);
  expect(mayChange(ticket, null)).toBe(false);
});

test("a description needs ten characters that are not blanks around it", () => {
  expect(missingCharacters("   123456789   ")).toBe(1);
  expect(missingCharacters("1234567890")).toBe(0);
  expect(missingCharacters("🖨️".repeat(10))).toBe(0);
});
