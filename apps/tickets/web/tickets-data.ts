/**
 * The tickets' data as hooks: lists that refresh themselves, and one ticket with its ETag. *shell*
 */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import { refreshEvery } from "../../../layers/presentation/api/refresh.ts";
import type { Answer } from "../../../layers/presentation/api/request.ts";
import { useKit, useMe } from "../../../layers/presentation/context.tsx";
import type { Page, Status, Ticket, TicketChanges, TicketComment } from "./ticket.ts";

const REFRESH_MS = 4_000;
const PAGE_SIZE = 20;

export const API = "/tickets/api/tickets";
const ticketPath = (id: string): string => `${API}/${encodeURIComponent(id)}`;
export const commentsPath = (id: string): string => `${ticketPath(id)}/comments`;

export interface Filter {
  readonly status: Status | undefined;
  readonly assigned: string | undefined;
}

function pagePath(base: string, parts: Readonly<Record<string, string | undefined>>): string {
  const query = new URLSearchParams({ limit: String(PAGE_SIZE) });
  for (const [name, value] of Object.entries(parts)) if (value) query.set(name, value);
  return `${base}?${query}`;
}

export function useTickets(filter: Filter) {
  const { api } = useKit();
  const mayRead = useMe() !== null;
  return useInfiniteQuery({
    queryKey: ["tickets", filter],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<Ticket>>(pagePath(API, { ...filter, cursor: pageParam }), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.cursor,
    enabled: mayRead,
    refetchInterval: refreshEvery(REFRESH_MS),
  });
}

/** A ticket and the tag that a change of it has to name. */
export interface Loaded {
  readonly ticket: Ticket;
  readonly etag: string;
}

const loadedOf = (answer: Answer<Ticket>): Loaded => ({
  ticket: answer.value,
  etag: answer.etag ?? `"${answer.value.version}"`,
});

export function useTicket(id: string) {
  const { api } = useKit();
  const mayRead = useMe() !== null;
  return useQuery({
    queryKey: ["ticket", id],
    queryFn: async ({ signal }) =>
      loadedOf(await api.request<Ticket>("GET", ticketPath(id), { signal })),
    enabled: mayRead,
    refetchInterval: refreshEvery(REFRESH_MS),
  });
}

export function useComments(id: string) {
  const { api } = useKit();
  const mayRead = useMe() !== null;
  return useInfiniteQuery({
    queryKey: ["comments", id],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<TicketComment>>(pagePath(commentsPath(id), { cursor: pageParam }), signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.cursor,
    enabled: mayRead,
    refetchInterval: refreshEvery(REFRESH_MS),
  });
}

export interface TicketCommands {
  create(
    fields: Pick<Ticket, "description" | "priority">,
    key: string,
    signal: AbortSignal,
  ): Promise<Ticket>;
  change(base: Loaded, changes: TicketChanges, key: string, signal: AbortSignal): Promise<Loaded>;
  /** The present state, past all caches. */
  read(id: string): Promise<Loaded>;
  /** Puts a known state in front of the readers, and has the lists asked again. */
  show(loaded: Loaded): void;
}

export function useTicketCommands(): TicketCommands {
  const { api } = useKit();
  const client = useQueryClient();
  return {
    create: async (body, key, signal) =>
      (await api.request<Ticket>("POST", API, { body, key, signal })).value,
    change: async ({ ticket, etag }, body, key, signal) =>
      loadedOf(
        await api.request<Ticket>("PATCH", ticketPath(ticket.id), {
          body,
          key,
          signal,
          ifMatch: etag,
        }),
      ),
    read: async (id) => loadedOf(await api.request<Ticket>("GET", ticketPath(id))),
    show: useCallback(
      (loaded) => {
        client.setQueryData(["ticket", loaded.ticket.id], loaded);
        void client.invalidateQueries({ queryKey: ["tickets"] });
      },
      [client],
    ),
  };
}
