/** A word in a coloured frame; the word carries the meaning, the colour only repeats it. */
import type { ReactNode } from "react";
import classes from "./chip.module.css";

export type ChipTone = "plain" | "ok" | "info" | "warning" | "danger";

export interface ChipProps {
  readonly tone?: ChipTone;
  readonly children: ReactNode;
}

export function Chip({ tone = "plain", children }: ChipProps) {
  return (
    <span className={classes.chip} data-tone={tone}>
      {children}
    </span>
  );
}
