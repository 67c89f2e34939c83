/**
 * What clients of a simulated world asked for, and what came of it. *pure*
 *
 * As in Jepsen: an operation is invoked, and ends `ok` (it happened), `fail` (it certainly did not)
 * or `info` (nobody can tell). `process` is a client; times are virtual milliseconds.
 */
export interface Operation {
  readonly index: number;
  readonly type: "invoke" | "ok" | "fail" | "info";
  readonly process: number;
  /** The method, in lower case. */
  readonly f: string;
  readonly path: string;
  readonly timeMs: number;
  /** Index of the invocation that this ends. */
  readonly of?: number;
  readonly status?: number;
  readonly region?: string;
  readonly epoch?: number;
  readonly receipt?: string;
  /** Where the thing that was made can be read. */
  readonly location?: string;
  readonly error?: string;
}

export class OperationLog {
  readonly operations: Operation[] = [];

  add(operation: Omit<Operation, "index">): Operation {
    const numbered = { index: this.operations.length, ...operation };
    this.operations.push(numbered);
    return numbered;
  }
}

/** What a status says of a write or read that was answered. */
export function typeOfStatus(status: number): "ok" | "fail" | "info" {
  if (status < 400) return "ok";
  // 504: the region could not tell, as a dropped connection could not.
  return status === 504 || status === 500 ? "info" : "fail";
}
