/** What was left to be sent to Tickets: new tickets, and comments. */
import { OutboxPanel } from "../../../layers/presentation/components/outbox-panel.tsx";
import { API } from "./tickets-data.ts";

/** The page of a ticket, from its address in the API or from that of a comment of it. */
function pageOf(location: string): string {
  const [id = ""] = location.slice(API.length + 1).split(/[/#]/);
  return `/tickets/t/${id}`;
}

export const TicketsOutbox = () => (
  <OutboxPanel hrefOf={({ location }) => location && pageOf(location)} />
);
