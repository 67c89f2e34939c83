/** A moment, told as "3 minutes ago" and exact on hover; renewed while it is looked at. */
import { useSyncExternalStore } from "react";
import { useFormat } from "../context.tsx";

const STEP_MS = 5_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
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
  const iso = Number.isNaN(new Date(at).getTime()) ? undefined : new Date(at).toISOString();
  // By the words: what is shown is as old as it says, and is drawn again when they change.
  const words = useSyncExternalStore(subscribe, () => format.ago(at, Date.now()));
  return (
    <time dateTime={iso} title={format.dateTime(at)}>
      {words}
    </time>
  );
}
