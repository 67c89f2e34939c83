/**
 * A history as EDN, one operation a line, in the form that Jepsen's checkers read. *pure*
 *
 *   {:index 0, :type :invoke, :process 0, :f :post, :value "/tickets/api/tickets", :time 1200000}
 *
 * `:time` is in nanoseconds. What an operation ended with (status, region, receipt) is in further
 * keys, which checkers leave alone.
 */
import type { Operation } from "./history.ts";

const NANOSECONDS = 1e6;
const MORE = ["of", "status", "region", "epoch", "receipt", "location", "error"] as const;

export function toEdn(operations: readonly Operation[]): string {
  return operations.map((operation) => `${lineOf(operation)}\n`).join("");
}

function lineOf(operation: Operation): string {
  const { index, type, process, f, path, timeMs } = operation;
  const pairs = [
    `:index ${index}`,
    `:type :${type}`,
    `:process ${process}`,
    `:f :${f}`,
    `:value ${text(path)}`,
    `:time ${Math.round(timeMs * NANOSECONDS)}`,
  ];
  for (const key of MORE) {
    const value = operation[key];
    if (value === undefined) continue;
    pairs.push(`:${key} ${typeof value === "number" ? value : text(value)}`);
  }
  return `{${pairs.join(", ")}}`;
}

/** EDN's strings know the escapes \t \r \n \\ \" and the characters themselves. */
function text(value: string): string {
  const escapes: Readonly<Record<string, string>> = {
    "\\": "\\\\",
    '"': '\\"',
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
  };
  return `"${value.replace(/[\\"\n\r\t]/g, (character) => escapes[character] ?? "")}"`;
}
