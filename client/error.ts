/** Why a call has no answer; `code` says whether a write may have happened all the same. */
import type { FailCode } from "./decide.ts";

export class ClientError extends Error {
  override readonly name = "ClientError";
  readonly code: FailCode;
  /** What each attempt came to, oldest first: for a log or a person. */
  readonly attempts: readonly string[];

  constructor(code: FailCode, reason: string, attempts: readonly string[], cause?: unknown) {
    super(`${code}: ${reason}${attempts.length > 0 ? ` (${attempts.join("; ")})` : ""}`, { cause });
    this.code = code;
    this.attempts = attempts;
  }
}
