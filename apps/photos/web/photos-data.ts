/** The photos' data as hooks: the gallery, one photo, its comments, and that they change. *shell* */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { mayAskAgain, refreshEvery } from "../../../layers/presentation/api/refresh.ts";
import { useKit, useMe } from "../../../layers/presentation/context.tsx";
import { API, commentsPath, type Page, type Photo, type PhotoComment, photoPath } from "./photo.ts";

const PAGE_SIZE = 24;
const COMMENTS_PAGE_SIZE = 20;
/** Where events come, this only mends what was missed. */
const REFRESH_MS = 15_000;
const REFRESH_ALONE_MS = 4_000;
/** More pages than these are not asked again for each photo that arrives. */
const REFRESHED_PAGES = 3;

function pagePath(
  base: string,
  limit: number,
  parts: Readonly<Record<string, string | undefined>>,
): string {
  const query = new URLSearchParams({ limit: String(limit) });
  for (const [name, value] of Object.entries(parts)) if (value) query.set(name, value);
  return `${base}?${query}`;
}

export function usePhotos(owner: string | undefined) {
  const { api } = useKit();
  const mayRead = useMe() !== null;
  const isLive = useLiveness();
  return useInfiniteQuery({
    queryKey: ["photos", owner ?? ""],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<Photo>>(
        pagePath(`${API}/photos`, PAGE_SIZE, { owner, cursor: pageParam }),
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.cursor,
    enabled: mayRead,
    refetchInterval: (query) => {
      const pages = query.state.data?.pages.length ?? 0;
      if (pages > REFRESHED_PAGES || !mayAskAgain(query)) return false;
      return isLive ? REFRESH_MS : REFRESH_ALONE_MS;
    },
  });
}

/** Whether the gallery's first photo is no longer the newest one. */
export function useNews(owner: string | undefined, first: string | undefined): boolean {
  const { api } = useKit();
  const mayRead = useMe() !== null;
  const query = useQuery({
    queryKey: ["photos-newest", owner ?? ""],
    queryFn: ({ signal }) => api.get<Page<Photo>>(pagePath(`${API}/photos`, 1, { owner }), signal),
    enabled: mayRead && first !== undefined,
  });
  const newest = query.data?.items[0]?.id;
  return first !== undefined && newest !== undefined && newest !== first;
}

export function usePhoto(id: string) {
  const { api } = useKit();
  const mayRead = useMe() !== null;
  return useQuery({
    queryKey: ["photo", id],
    queryFn: ({ signal }) => api.get<Photo>(photoPath(id), signal),
    enabled: mayRead,
    refetchInterval: (query) => {
      if (!mayAskAgain(query)) return false;
      const isTravelling = query.state.data?.replicationStatus === "travelling";
      return isTravelling ? REFRESH_ALONE_MS : REFRESH_MS;
    },
  });
}

export function useComments(id: string) {
  const { api } = useKit();
  const mayRead = useMe() !== null;
  const isLive = useLiveness();
  return useInfiniteQuery({
    queryKey: ["comments", id],
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<PhotoComment>>(
        pagePath(commentsPath(id), COMMENTS_PAGE_SIZE, { cursor: pageParam }),
        signal,
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.cursor,
    enabled: mayRead,
    refetchInterval: refreshEvery(isLive ? REFRESH_MS : REFRESH_ALONE_MS),
  });
}

interface Changed {
  readonly photos: boolean;
  readonly comments: readonly string[];
}

let isListening = false;
const watchers = new Set<(listening: boolean) => void>();

function setListening(listening: boolean): void {
  isListening = listening;
  for (const watcher of watchers) watcher(listening);
}

/** Whether changes are told as they happen. */
function useLiveness(): boolean {
  const [live, setLive] = useState(isListening);
  useEffect(() => {
    watchers.add(setLive);
    return () => void watchers.delete(setLive);
  }, []);
  return live;
}

/** Listens to changes, in one stream with the other tabs. */
export function useChangeEvents(): void {
  const { streams } = useKit();
  const client = useQueryClient();
  const me = useMe();
  const isSignedIn = me !== null && me !== undefined;
  useEffect(() => {
    if (!isSignedIn) return;
    let wasOpen = false;
    const onChanged = (changed: Changed): void => {
      for (const id of changed.comments) {
        void client.invalidateQueries({ queryKey: ["comments", id] });
      }
      if (!changed.photos) return;
      void client.invalidateQueries({ queryKey: ["photo"] });
      void client.invalidateQueries({ queryKey: ["photos-newest"] });
      void client.invalidateQueries({
        queryKey: ["photos"],
        predicate: ({ state }) =>
          ((state.data as { pages?: unknown[] } | undefined)?.pages?.length ?? 0) <=
          REFRESHED_PAGES,
      });
    };
    const following = streams.follow(
      { path: `${API}/events`, types: ["changed"], origins: [window.location.origin] },
      {
        opened() {
          setListening(true);
          // What changed while nothing was heard, perhaps because the region that tells is gone.
          if (wasOpen) void client.invalidateQueries();
          wasOpen = true;
        },
        lost: () => setListening(false),
        event: (_, data) => onChanged(JSON.parse(data) as Changed),
      },
    );
    return () => {
      following.end();
      setListening(false);
    };
  }, [client, streams, isSignedIn]);
}
