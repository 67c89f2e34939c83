/**
 * Tickets: what one is, and what may become of it. *pure*
 *
 *   open <----> in-progress        whoever created the ticket, its assignee, and agents may move,
 *     ^  \          |              assign, and edit it; anybody who is signed in may read it and
 *     |   v         v              comment on it
 *     +-- closed <--+              a closed ticket is changed only by reopening it, which may
 *                                  change other fields in the same step
 *
 * Invariants
 *  T1 closed is left only for open                                              (TRANSITIONS)
 *  T2 nobody changes a ticket of others without a reason to                     (mayChange)
 */
import { isSameUsername } from "../../../layers/identity/same-name.ts";

export const STATUSES = ["open", "in-progress", "closed"] as const;
export const PRIORITIES = ["low", "normal", "high", "urgent"] as const;
export type Status = (typeof STATUSES)[number];
export type Priority = (typeof PRIORITIES)[number];

export const DESCRIPTION = { min: 10, max: 5_000 } as const;
export const COMMENT = { min: 1, max: 5_000 } as const;
export const ASSIGNED_MAX = 64;

export interface Ticket {
  readonly id: string;
  readonly description: string;
  readonly priority: Priority;
  readonly status: Status;
  /** A user name, or null while nobody has it. */
  readonly assigned: string | null;
  readonly createdBy: string;
  readonly createdOn: string;
}

export interface TicketChange {
  readonly description?: string | undefined;
  readonly priority?: Priority | undefined;
  readonly status?: Status | undefined;
  readonly assigned?: string | null | undefined;
}

/** Who wants to change a ticket. */
export interface Actor {
  readonly username: string;
  readonly roles: readonly string[];
}

export type ChangeDecision =
  | { readonly kind: "changed"; readonly ticket: Ticket }
  | {
      readonly kind: "refused";
      readonly code: "not-allowed" | "conflict";
      readonly reason: string;
    };

const TRANSITIONS: Readonly<Record<Status, readonly Status[]>> = {
  open: ["in-progress", "closed"],
  "in-progress": ["open", "closed"],
  closed: ["open"],
};

export function decideChange(ticket: Ticket, change: TicketChange, actor: Actor): ChangeDecision {
  if (!mayChange(ticket, actor)) {
    const reason = "A ticket is changed by whoever created it, its assignee, or an agent.";
    return { kind: "refused", code: "not-allowed", reason };
  }
  const status = change.status ?? ticket.status;
  if (status !== ticket.status && !TRANSITIONS[ticket.status].includes(status)) {
    const reason = `A ${ticket.status} ticket cannot become ${status}; reopen it first.`;
    return { kind: "refused", code: "conflict", reason };
  }
  const closedStays = ticket.status === "closed" && status === "closed";
  if (closedStays && touchesMoreThanStatus(change)) {
    const reason = "The ticket is closed; set its status to open to change it.";
    return { kind: "refused", code: "conflict", reason };
  }
  return {
    kind: "changed",
    ticket: {
      ...ticket,
      status,
      description: change.description ?? ticket.description,
      priority: change.priority ?? ticket.priority,
      assigned: change.assigned === undefined ? ticket.assigned : change.assigned,
    },
  };
}

export const mayChange = (ticket: Ticket, actor: Actor): boolean =>
  isSameUsername(ticket.createdBy, actor.username) ||
  (ticket.assigned !== null && isSameUsername(ticket.assigned, actor.username)) ||
  actor.roles.includes("agent") ||
  actor.roles.includes("operator");

const touchesMoreThanStatus = (change: TicketChange): boolean =>
  change.description !== undefined ||
  change.priority !== undefined ||
  change.assigned !== undefined;
