/**
 * The tickets app: submit, list, view, change, comment. *composition*
 *
 * Everything needs a session; authors come from it and never from a body. A change is decided on
 * the ticket as it is in the same moment: when somebody else was faster it is decided again, or,
 * where the client named a version in If-Match, refused.
 */
import { z } from "zod";
import {
  type AppApi,
  type AppContext,
  type Call,
  createAppApi,
  defineApp,
  problem,
  problemOfRead,
  queryNamed,
  type ReadInfo,
  type Reply,
  textOf,
  usernameOf,
} from "../../layers/api/index.ts";
import { commentOf, commentRowOf, rangesOf, rowOf, ticketOf } from "./model/rows.ts";
import { comments, tickets } from "./model/tables.ts";
import {
  ASSIGNED_MAX,
  COMMENT,
  DESCRIPTION,
  decideChange,
  PRIORITIES,
  STATUSES,
  type Ticket,
  type TicketChange,
} from "./model/ticket.ts";
import { loadSampleTickets } from "./sample-content.ts";

const DECIDED_AGAIN = 5;

const description = textOf(DESCRIPTION, "A description");
const priority = z.enum(PRIORITIES);
const status = z.enum(STATUSES);
const assigned = usernameOf(ASSIGNED_MAX, "An assignee's name");
const id = z.string().regex(/^[\w-]{1,64}$/, "An id has 1 to 64 letters, digits, - and _.");

const params = z.object({ id });
const paging = {
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(4_096).optional(),
};
const listQuery = z.strictObject({
  status: status.optional(),
  assigned: assigned.optional(),
  ...paging,
});
const createBody = z.strictObject({ description, priority: priority.default("normal") });
const changeBody = z
  .strictObject({
    description: description.optional(),
    priority: priority.optional(),
    status: status.optional(),
    assigned: assigned.nullable().optional(),
  })
  .refine((change) => Object.keys(change).length > 0, {
    message: "Name at least one of description, priority, status, assigned.",
  });
const commentBody = z.strictObject({ text: textOf(COMMENT, "A comment") });

const ticketShape = z.object({
  id: z.string(),
  description: z.string(),
  priority,
  status,
  assigned: z.string().nullable(),
  createdBy: z.string(),
  createdOn: z.string(),
  version: z.string(),
});
const commentShape = z.object({
  id: z.string(),
  ticketId: z.string(),
  author: z.string(),
  text: z.string(),
  createdOn: z.string(),
});
const pageOf = (items: z.ZodType) =>
  z.object({ items: z.array(items), cursor: z.string().optional() });

function ticketRoutes(context: AppContext): AppApi {
  const { store } = context;
  const api = createAppApi(context);

  api.get("/api/tickets", {
    summary: "List tickets, newest first",
    query: listQuery,
    replies: { 200: { description: "A page", schema: pageOf(ticketShape) } },
    handle: async (call) => {
      const read = await queryNamed(store, tickets, rangesOf(call.query), call.query, call.reading);
      if (read.kind === "failed") return problemOfRead(read);
      const items = read.value.items.map(({ item, version }) => shown(ticketOf(item), version));
      return call.found(read.info, withCursor(items, read.value.cursor));
    },
  });

  api.post("/api/tickets", {
    summary: "Submit a ticket",
    body: createBody,
    // What is written comes from the request alone, so that the transaction finds a used key.
    recallFirst: false,
    replies: { 201: { description: "The ticket", schema: ticketShape } },
    handle: (call) => {
      const ticket: Ticket = {
        id: call.newId(),
        description: call.body.description,
        priority: call.body.priority,
        status: "open",
        assigned: null,
        createdBy: call.session.username,
        createdOn: new Date(context.now()).toISOString(),
      };
      return call.commit([{ kind: "put", table: tickets, item: rowOf(ticket), ifAbsent: true }], {
        status: 201,
        body: { ...ticket },
        headers: { location: `/tickets/api/tickets/${ticket.id}` },
        versioned: true,
      });
    },
  });

  api.get("/api/tickets/:id", {
    summary: "One ticket",
    params,
    replies: { 200: { description: "The ticket", schema: ticketShape } },
    handle: async (call) => {
      const ticketId = call.params.id;
      const read = await store.get(tickets, { id: ticketId }, call.reading);
      if (read.kind === "failed") return problemOfRead(read);
      if (read.value === undefined) return noTicket(call, ticketId, read);
      const { item, version } = read.value;
      return call.found(read.info, shown(ticketOf(item), version), version);
    },
  });

  api.patch("/api/tickets/:id", {
    summary: "Change, assign, close or reopen a ticket",
    params,
    body: changeBody,
    replies: { 200: { description: "The ticket", schema: ticketShape } },
    handle: (call) => changeTicket(call, call.params.id, call.body),
  });

  addCommentRoutes(api, context);
  return api;
}

async function changeTicket(
  call: Call,
  ticketId: string,
  change: TicketChange,
  attempt = 1,
): Promise<Reply> {
  const read = await call.store.get(tickets, { id: ticketId }, call.reading);
  if (read.kind === "failed") return problemOfRead(read);
  if (read.value === undefined) return noTicket(call, ticketId, read);
  const stale = call.stale(read.value);
  if (stale !== undefined) return stale;
  const decision = decideChange(ticketOf(read.value.item), change, call.session);
  if (decision.kind === "refused") return problem(decision.code, decision.reason);
  const { ticket } = decision;
  return call.commit(
    [{ kind: "put", table: tickets, item: rowOf(ticket), ifVersion: read.value.version }],
    { status: 200, body: { ...ticket }, versioned: true },
    {
      onConflict: () =>
        attempt < DECIDED_AGAIN
          ? changeTicket(call, ticketId, change, attempt + 1)
          : problem("conflict", "Others keep changing this ticket; try again."),
    },
  );
}

function addCommentRoutes(api: AppApi, context: AppContext): void {
  const { store } = context;

  api.get("/api/tickets/:id/comments", {
    summary: "Comments on a ticket, oldest first",
    params,
    query: z.strictObject(paging),
    replies: { 200: { description: "A page", schema: pageOf(commentShape) } },
    handle: async (call) => {
      const ticketId = call.params.id;
      const { limit, cursor } = call.query;
      const ticket = await store.get(tickets, { id: ticketId }, call.reading);
      if (ticket.kind === "failed") return problemOfRead(ticket);
      if (ticket.value === undefined) return noTicket(call, ticketId, ticket);
      const read = await store.query(
        comments,
        { partition: ticketId, limit, ...(cursor === undefined ? {} : { cursor }) },
        call.reading,
      );
      if (read.kind === "failed") return problemOfRead(read);
      const items = read.value.items.map(({ item }) => commentOf(item));
      return call.found(read.info, withCursor(items, read.value.cursor));
    },
  });

  api.post("/api/tickets/:id/comments", {
    summary: "Comment on a ticket",
    params,
    body: commentBody,
    replies: { 201: { description: "The comment", schema: commentShape } },
    handle: async (call) => {
      const ticketId = call.params.id;
      const ticket = await store.get(tickets, { id: ticketId }, call.reading);
      if (ticket.kind === "failed") return problemOfRead(ticket);
      if (ticket.value === undefined) return noTicket(call, ticketId, ticket);
      const comment = {
        id: call.newId(),
        ticketId,
        author: call.session.username,
        text: call.body.text,
        createdOn: new Date(context.now()).toISOString(),
      };
      const item = commentRowOf(comment);
      return call.commit([{ kind: "put", table: comments, item, ifAbsent: true }], {
        status: 201,
        body: comment,
        headers: { location: `/tickets/api/tickets/${ticketId}/comments#${comment.id}` },
      });
    },
  });
}

const shown = (ticket: Ticket, version: string) => ({ ...ticket, version });

const withCursor = (items: readonly unknown[], cursor: string | undefined) =>
  cursor === undefined ? { items } : { items, cursor };

const noTicket = (call: Pick<Call, "absent">, ticketId: string, { info }: { info: ReadInfo }) =>
  call.absent(info, `No ticket has the id ${ticketId}.`, "/tickets/api/tickets");

export const ticketsApp = defineApp({
  id: "tickets",
  mode: "active-passive",
  durability: "replicated",
  objectives: { rtoMs: 900_000, rpoMs: 0 },
  tables: [tickets, comments],
  api: ticketRoutes,
  web: { title: "Tickets" },
  sampleContent: loadSampleTickets,
});
