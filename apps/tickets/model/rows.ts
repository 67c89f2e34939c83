/** Between tickets and the rows that keep them. *pure* */
import type { NamedRange } from "../../../layers/api/index.ts";
import { foldUsername, spellingsOf } from "../../../layers/identity/same-name.ts";
import type { ItemOf } from "../../../layers/key-value/table.ts";
import type { comments, tickets } from "./tables.ts";
import type { Status, Ticket } from "./ticket.ts";

type TicketRow = ItemOf<typeof tickets>;
type CommentRow = ItemOf<typeof comments>;

export interface Comment {
  readonly id: string;
  readonly ticketId: string;
  readonly author: string;
  readonly text: string;
  readonly createdOn: string;
}

export function rowOf(ticket: Ticket): TicketRow {
  const { assigned: name, status } = ticket;
  const assigned = name === null ? null : foldUsername(name);
  return {
    ...ticket,
    assigned,
    ...(name === null || name === assigned ? {} : { assignedName: name }),
    order: orderOf(ticket),
    list: "all",
    assignedStatus: assigned === null ? null : assignedStatus(assigned, status),
  };
}

export const ticketOf = (row: TicketRow): Ticket => ({
  id: row.id,
  description: row.description,
  priority: row.priority,
  status: row.status,
  assigned: row.assignedName ?? row.assigned,
  createdBy: row.createdBy,
  createdOn: row.createdOn,
});

export const commentRowOf = (comment: Comment): CommentRow => ({
  ...comment,
  order: orderOf(comment),
});

export const commentOf = ({ order: _, ...comment }: CommentRow): Comment => comment;

const orderOf = (made: { readonly createdOn: string; readonly id: string }): string =>
  `${made.createdOn}#${made.id}`;

/** The status first: it holds no separator, whatever a name holds. */
const assignedStatus = (assigned: string, status: Status): string => `${status}#${assigned}`;

export interface Filter {
  readonly status?: Status | undefined;
  readonly assigned?: string | undefined;
}

/** The ranges that hold just what a filter asks for; of a name, one for each of its spellings. */
export function rangesOf({ status, assigned }: Filter): readonly [NamedRange, ...NamedRange[]] {
  if (assigned === undefined) {
    return status === undefined
      ? [{ index: "newest", partition: "all" }]
      : [{ index: "by-status", partition: status }];
  }
  const rangeOf = (name: string): NamedRange =>
    status === undefined
      ? { index: "by-assigned", partition: name }
      : { index: "by-assigned-status", partition: assignedStatus(name, status) };
  const [first, ...others] = spellingsOf(assigned);
  return [rangeOf(first), ...others.map(rangeOf)];
}
