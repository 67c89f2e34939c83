/** Where the command line writes: results to `out`, everything for the person beside them to `err`. */
import { styleText } from "node:util";

export interface Terminal {
  out(line: string): void;
  err(line: string): void;
  /** Whether a person sees `out`. */
  readonly isInteractive: boolean;
  bold(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  bad(text: string): string;
}

export function createTerminal(): Terminal {
  const isInteractive = process.stdout.isTTY === true;
  const hasColor = isInteractive && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";
  const style = (name: "bold" | "dim" | "green" | "red") => (text: string) =>
    hasColor ? styleText(name, text) : text;
  return {
    out: (line) => void process.stdout.write(`${line}\n`),
    err: (line) => void process.stderr.write(`${line}\n`),
    isInteractive,
    bold: style("bold"),
    faint: style("dim"),
    good: style("green"),
    bad: style("red"),
  };
}

/** Columns of equal width, two spaces apart; the last one is not filled up. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries()) {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    }
  }
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
