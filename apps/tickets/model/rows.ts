/** Between tickets and the rows that keep them. *pure* */
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

export const rowOf = (ticket: Ticket): TicketRow => ({
  ...ticket,
  order: orderOf(ticket),
  list: "all",
  assignedStatus: ticket.assigned === null ? null : assignedStatus(ticket.assigned, ticket.status),
});

export const ticketOf = (row: TicketRow): Ticket => ({
  id: row.id,
  description: row.description,
  priority: row.priority,
  status: row.status,
  assigned: row.assigned,
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

/** The one range that holds just what a filter asks for. */
export function rangeOf({ status, assigned }: Filter): { index: string; partition: string } {
  if (assigned === undefined) {
    return status === undefined
      ? { index: "newest", partition: "all" }
      : { index: "by-status", partition: status };
  }
  return status === undefined
    ? { index: "by-assigned", partition: assigned }
    : { index: "by-assigned-status", partition: assignedStatus(assigned, status) };
}
