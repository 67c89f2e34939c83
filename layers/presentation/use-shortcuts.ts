/**
 * Single-key shortcuts of a page. They are silent while a person types, while a dialog is open, and
 * when switched off (WCAG 2.1.4); the choice is remembered.
 */
import { useEffect, useRef, useSyncExternalStore } from "react";
import { remember, remembered } from "./components/memory.ts";

const MEMORY = "understudy.shortcuts";
const listeners = new Set<() => void>();
let enabled: boolean | undefined;

const isEnabled = (): boolean => {
  enabled ??= remembered(MEMORY) !== "off";
  return enabled;
};

function setEnabled(on: boolean): void {
  enabled = on;
  remember(MEMORY, on ? null : "off");
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useShortcutsEnabled(): readonly [boolean, (on: boolean) => void] {
  return [useSyncExternalStore(subscribe, isEnabled), setEnabled];
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.matches("input, textarea, select"))
  );
}

export type Shortcuts = Readonly<Record<string, () => void>>;

export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (!isEnabled() || isTyping(event.target)) return;
      if (document.querySelector('[role="dialog"]') !== null) return;
      const action = latest.current[event.key];
      if (action === undefined) return;
      event.preventDefault();
      action();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
