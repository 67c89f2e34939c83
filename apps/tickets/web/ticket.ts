/**
 * Tickets as the pages know them, and what the pages decide about them. *pure*
 */
import { visibleLength } from "../../../base/visible-text.ts";
import {
  COMMENT,
  DESCRIPTION,
  mayChange as mayBeChanged,
  type Priority,
  type Status,
  type Ticket as StoredTicket,
} from "../model/ticket.ts";

export { PRIORITIES, type Priority, STATUSES, type Status } from "../model/ticket.ts";
export const DESCRIPTION_MIN = DESCRIPTION.min;
export const DESCRIPTION_MAX = DESCRIPTION.max;
export const COMMENT_MAX = COMMENT.max;

export interface Ticket extends StoredTicket {
  readonly version: string;
}

export interface Person {
  readonly username: string;
  readonly roles?: readonly string[];
}

/** Whether the server would let this person change the ticket; nobody may, unless signed in. */
export const mayChange = (ticket: Ticket, person: Person | null | undefined): boolean =>
  person !== null &&
  person !== undefined &&
  mayBeChanged(ticket, { username: person.username, roles: person.roles ?? [] });

export interface TicketComment {
  readonly id: string;
  readonly ticketId: string;
  readonly author: string;
  readonly text: string;
  readonly createdOn: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly cursor?: string;
}

export interface TicketChanges {
  readonly description?: string;
  readonly priority?: Priority;
  readonly status?: Status;
  readonly assigned?: string | null;
}

export const CHANGEABLE = ["description", "priority", "status", "assigned"] as const;
export type Changeable = (typeof CHANGEABLE)[number];

export interface ConflictRow {
  readonly field: Changeable;
  readonly before: string;
  readonly theirs: string;
  /** Undefined where this person did not touch the field. */
  readonly mine: string | undefined;
}

const shown = (value: string | null | undefined): string => value ?? "";

/** The fields on which the start, the present state and the wish do not all agree. */
export function conflictOf(
  before: Ticket,
  theirs: Ticket,
  mine: TicketChanges,
): readonly ConflictRow[] {
  return CHANGEABLE.flatMap((field): readonly ConflictRow[] => {
    const row: ConflictRow = {
      field,
      before: shown(before[field]),
      theirs: shown(theirs[field]),
      mine: field in mine ? shown(mine[field]) : undefined,
    };
    return row.before !== row.theirs || row.mine !== undefined ? [row] : [];
  });
}

/** What of the wish is still a change; empty when the present state already fulfils it. */
export function remainingChanges(theirs: Ticket, mine: TicketChanges): TicketChanges {
  return Object.fromEntries(
    CHANGEABLE.filter((field) => field in mine && shown(mine[field]) !== shown(theirs[field])).map(
      (field) => [field, mine[field]],
    ),
  );
}

/** How many characters are missing; blanks that surround them, or cannot be seen, do not count. */
export const missingCharacters = (description: string): number =>
  Math.max(0, DESCRIPTION_MIN - visibleLength(description));

/** The last part of an id, enough to tell tickets apart when talking about them. */
export const shortId = (id: string): string => id.slice(-6).toUpperCase();
