/**
 * Text that survives a reload and a dead region: kept in this tab until it has been sent.
 */
import { useCallback, useState } from "react";
import { remember, remembered } from "./components/memory.ts";

export function useDraft(name: string): readonly [string, (text: string) => void] {
  const key = `understudy.draft.${name}`;
  const [text, setText] = useState(() => remembered(key, "tab") ?? "");
  const write = useCallback(
    (next: string) => {
      setText(next);
      remember(key, next === "" ? null : next, "tab");
    },
    [key],
  );
  return [text, write];
}
