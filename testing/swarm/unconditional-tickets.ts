/**
 * Tickets for a swarm that writes in several regions at once: the same addresses as the tickets
 * app, whose conditions an active-active app may not use. *composition*
 */
import { z } from "zod";
import {
  createAppApi,
  defineApp,
  defineTable,
  problem,
  problemOfRead,
} from "../../layers/api/index.ts";

const body = z.strictObject({ description: z.string() });
const change = z.strictObject({ priority: z.string() });
const ticket = z.strictObject({ id: z.string(), description: z.string(), priority: z.string() });
const tickets = defineTable({ name: "tickets", schema: ticket, partitionKey: "id" });

export const unconditionalTickets = defineApp({
  id: "tickets",
  mode: "active-active",
  durability: "local",
  objectives: { rtoMs: 900_000, rpoMs: 900_000 },
  tables: [tickets],
  api: (context) => {
    const api = createAppApi(context);
    api.post("/api/tickets", {
      summary: "Submit a ticket",
      body,
      recallFirst: false,
      replies: { 201: { description: "The ticket", schema: ticket } },
      handle: (call) => {
        const item = { id: call.newId(), description: call.body.description, priority: "normal" };
        const headers = { location: `/tickets/api/tickets/${item.id}` };
        return call.commit([{ kind: "put", table: tickets, item }], {
          status: 201,
          body: item,
          headers,
        });
      },
    });
    const params = z.object({ id: z.string() });
    api.get("/api/tickets/:id", {
      summary: "One ticket",
      params,
      replies: { 200: { description: "The ticket", schema: ticket } },
      handle: async (call) => {
        const read = await context.store.get(tickets, { id: call.params.id }, call.reading);
        if (read.kind === "failed") return problemOfRead(read);
        if (read.value === undefined) return problem("not-found", "There is no such ticket.");
        return call.found(read.info, read.value.item);
      },
    });
    api.patch("/api/tickets/:id", {
      summary: "Change a ticket; the later of two changes stays",
      params,
      body: change,
      replies: { 200: { description: "The ticket", schema: ticket } },
      handle: async (call) => {
        const read = await context.store.get(tickets, { id: call.params.id }, call.reading);
        if (read.kind === "failed") return problemOfRead(read);
        if (read.value === undefined) return problem("not-found", "There is no such ticket.");
        const item = { ...read.value.item, priority: call.body.priority };
        return call.commit([{ kind: "put", table: tickets, item }], { status: 200, body: item });
      },
    });
    return api;
  },
});
