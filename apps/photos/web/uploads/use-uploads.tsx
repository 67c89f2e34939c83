/** The uploads of the page, above its routes, so that they go on while somebody looks around. */
import { useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useReducer,
  useRef,
} from "react";
import { problemOf } from "../../../../layers/presentation/api/problem.ts";
import { newIdempotencyKey } from "../../../../layers/presentation/api/request.ts";
import { useKit } from "../../../../layers/presentation/context.tsx";
import { wordingOf } from "../../../../layers/presentation/live/wording.ts";
import { type Progress, runUpload } from "./run-upload.ts";
import { type Item, isUnderWay, nextToBegin, step, type UploadEvent } from "./upload-list.ts";

export interface Uploads {
  readonly items: readonly Item[];
  add(files: readonly File[]): void;
  caption(key: string, title: string): void;
  describe(key: string, altText: string): void;
  start(): void;
  cancel(key: string): void;
  retry(key: string): void;
  remove(key: string): void;
  clear(): void;
  /** Ends the wait of whoever waits for a region. */
  tryNow(): void;
}

const UploadsContext = createContext<Uploads | undefined>(undefined);

export function useUploads(): Uploads {
  const uploads = useContext(UploadsContext);
  if (uploads === undefined) throw new Error("useUploads: no UploadsProvider above this component");
  return uploads;
}

/** Calls back once when the app serves in another epoch than before, or when told to. */
function useWake() {
  const { live, app } = useKit();
  const wakes = useRef(new Set<() => void>());
  const onWake = useCallback(
    (wake: () => void) => {
      const epochOf = () => {
        const view = live.state().apps.find((one) => one.app === app);
        return view && wordingOf(view, live.state()).writable ? view.epoch : undefined;
      };
      const before = epochOf();
      wakes.current.add(wake);
      const stop = live.subscribe(() => {
        const now = epochOf();
        if (now !== undefined && now !== before) wake();
      });
      return () => {
        wakes.current.delete(wake);
        stop();
      };
    },
    [live, app],
  );
  const tryNow = useCallback(() => {
    for (const wake of [...wakes.current]) wake();
  }, []);
  return { onWake, tryNow };
}

/** What has not been sent would be lost with the page. */
function useLeaveWarning(isBusy: boolean): void {
  useEffect(() => {
    if (!isBusy) return;
    const warn = (event: BeforeUnloadEvent): void => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => window.removeEventListener("beforeunload", warn);
  }, [isBusy]);
}

export function UploadsProvider({ children }: { readonly children: ReactNode }) {
  const { api } = useKit();
  const client = useQueryClient();
  const [items, send] = useReducer(step, []);
  const running = useRef(new Map<string, AbortController>());
  const progress = useRef(new Map<string, Progress>());
  const { onWake, tryNow } = useWake();

  const begin = useCallback(
    (item: Item) => {
      const abort = new AbortController();
      running.current.set(item.key, abort);
      const tell = (event: UploadEvent): void => {
        if (!abort.signal.aborted) send(event);
      };
      const { key } = item;
      const known = progress.current.get(key) ?? { leave: undefined, hasSent: false };
      progress.current.set(key, known);
      runUpload({
        api,
        item,
        progress: known,
        signal: abort.signal,
        onPhase: (phase) => tell({ type: "moved", key, phase }),
        onWake,
      })
        .then(
          (photo) => {
            tell({ type: "moved", key, phase: { name: "done", photoId: photo.id } });
            client.setQueryData(["photo", photo.id], photo);
            void client.invalidateQueries({ queryKey: ["photos"] });
          },
          (error: unknown) =>
            tell({ type: "moved", key, phase: { name: "failed", problem: problemOf(error) } }),
        )
        .finally(() => {
          if (running.current.get(key) === abort) running.current.delete(key);
        });
    },
    [api, client, onWake],
  );

  useEffect(() => {
    for (const item of nextToBegin(items)) if (!running.current.has(item.key)) begin(item);
  }, [items, begin]);

  useLeaveWarning(items.some(isUnderWay));

  const uploads = useMemo(
    (): Uploads => ({
      items,
      add: (files) =>
        send({
          type: "added",
          items: files.map((file) => ({
            key: newIdempotencyKey(),
            file,
            fileName: file.name,
            preview: URL.createObjectURL(file),
          })),
        }),
      caption: (key, title) => send({ type: "captioned", key, title }),
      describe: (key, altText) => send({ type: "described", key, altText }),
      start: () => send({ type: "started" }),
      cancel: (key) => {
        running.current.get(key)?.abort();
        running.current.delete(key);
        send({ type: "cancelled", key });
      },
      retry: (key) => send({ type: "retried", key }),
      remove: (key) => {
        const item = items.find((one) => one.key === key);
        if (item !== undefined) URL.revokeObjectURL(item.preview);
        send({ type: "removed", key });
      },
      clear: () => send({ type: "cleared" }),
      tryNow,
    }),
    [items, tryNow],
  );
  return <UploadsContext.Provider value={uploads}>{children}</UploadsContext.Provider>;
}
