/** A moment, told as "3 minutes ago" and exact on hover; renewed with each half minute. */
import { useSyncExternalStore } from "react";
import { useFormat } from "../context.tsx";

const STEP_MS = 15_000;
const listeners = new Set<() => void>();
let nowMs = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const each of listeners) each();
  }, STEP_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

export function TimeAgo({ at }: { readonly at: string | number }) {
  const format = useFormat();
  const now = useSyncExternalStore(subscribe, () => nowMs);
  const iso = Number.isNaN(new Date(at).getTime()) ? undefined : new Date(at).toISOString();
  return (
    <time dateTime={iso} title={format.dateTime(at)}>
      {format.ago(at, now)}
    </time>
  );
}
