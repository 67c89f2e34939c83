/**
 * What the tickets app keeps. *pure*
 *
 * A list is one range of one index, whatever the table holds: `order` (time and id) sorts, and an
 * index exists for each combination of filters. The partition of all tickets grows without bound,
 * which the embedded store does not mind; on DynamoDB one partition takes 1,000 writes a second.
 */
import { z } from "zod";
import { defineTable } from "../../../layers/key-value/table.ts";
import { PRIORITIES, STATUSES } from "./ticket.ts";

export const tickets = defineTable({
  name: "tickets",
  schema: z.strictObject({
    id: z.string(),
    description: z.string(),
    priority: z.enum(PRIORITIES),
    status: z.enum(STATUSES),
    /** Folded, so that a name is found however it is written; in older rows as written. */
    assigned: z.string().nullable(),
    /** As it was written, where that is another text. */
    assignedName: z.string().optional(),
    createdBy: z.string(),
    createdOn: z.string(),
    /** Time and id: unique, and in the order of creation. */
    order: z.string(),
    /** One value for all: the partition of the list without filters. */
    list: z.literal("all"),
    /** Both filters in one; absent while nobody is assigned. */
    assignedStatus: z.string().nullable(),
  }),
  partitionKey: "id",
  indexes: {
    newest: { partitionKey: "list", sortKey: "order" },
    "by-status": { partitionKey: "status", sortKey: "order" },
    "by-assigned": { partitionKey: "assigned", sortKey: "order" },
    "by-assigned-status": { partitionKey: "assignedStatus", sortKey: "order" },
  },
});

export const comments = defineTable({
  name: "comments",
  schema: z.strictObject({
    ticketId: z.string(),
    order: z.string(),
    id: z.string(),
    author: z.string(),
    text: z.string(),
    createdOn: z.string(),
  }),
  partitionKey: "ticketId",
  sortKey: "order",
});
