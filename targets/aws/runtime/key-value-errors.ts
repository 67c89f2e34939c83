/**
 * What an error of the DynamoDB client says about a write. *pure*
 *
 * The one place where the client's errors are looked at, by name, code and status, never by text.
 *
 *   cancelled    the transaction was judged and refused; the reasons are in the order of its items
 *   refused      it certainly did not happen: never sent, or turned away before it was done
 *   indefinite   it was sent, and nobody said what became of it
 *
 * A time-out is indefinite also where the connection was never made: the two look alike. An error
 * that the client's own retries ended with is indefinite, whatever it says, since an earlier
 * attempt may have happened; createDynamoClient switches those retries off.
 */
import type { CancellationReason } from "@aws-sdk/client-dynamodb";
import { OperatingError } from "../../../base/errors.ts";

export type DynamoCode = "throttled" | "conflict" | "rejected" | "unreachable" | "no-answer";

export type WriteFailure =
  | {
      readonly kind: "cancelled";
      readonly reasons: readonly CancellationReason[];
      readonly cause: unknown;
    }
  | {
      readonly kind: "refused" | "indefinite";
      readonly code: DynamoCode;
      /** Whether the same may succeed when it is tried again. */
      readonly mayPass: boolean;
      readonly cause: unknown;
    };

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
  readonly CancellationReasons?: readonly CancellationReason[];
}

/** Nothing was sent: no address, or nobody listens there. */
const NOT_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
const THROTTLED = new Set([
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
]);
/** Reasons of a cancellation after which the same transaction may succeed. */
const PASSING = new Set([
  "TransactionConflict",
  "ProvisionedThroughputExceeded",
  "ThrottlingError",
]);

export const passes = (reasons: readonly CancellationReason[]): boolean =>
  reasons.some(({ Code = "None" }) => PASSING.has(Code));

export const isConditionFailed = (reason: CancellationReason | undefined): boolean =>
  reason?.Code === "ConditionalCheckFailed";

export function judgeWriteError(cause: unknown): WriteFailure {
  const error = (typeof cause === "object" && cause !== null ? cause : {}) as SdkError;
  const { name = "", code = "", $metadata: metadata } = error;
  const status = metadata?.httpStatusCode;
  const isOnly = (metadata?.attempts ?? 1) <= 1;
  if (NOT_SENT.has(code) && isOnly) {
    return { kind: "refused", code: "unreachable", mayPass: true, cause };
  }
  if (name === "CredentialsProviderError") {
    return { kind: "refused", code: "rejected", mayPass: false, cause };
  }
  // The first attempt is still at work under the same token.
  const isAtWork = name === "TransactionInProgressException";
  if (isAtWork || status === undefined || status >= 500 || !isOnly) {
    return { kind: "indefinite", code: "no-answer", mayPass: true, cause };
  }
  if (name === "TransactionCanceledException") {
    return { kind: "cancelled", reasons: error.CancellationReasons ?? [], cause };
  }
  if (THROTTLED.has(name)) return { kind: "refused", code: "throttled", mayPass: true, cause };
  return { kind: "refused", code: "rejected", mayPass: false, cause };
}

/** Whether a read may be tried again: it changes nothing, so only what cannot pass is given up. */
export function mayReadAgain(cause: unknown): boolean {
  const failure = judgeWriteError(cause);
  return failure.kind !== "cancelled" && failure.mayPass;
}

const TEXTS: Readonly<Record<DynamoCode, string>> = {
  throttled: "DynamoDB takes no more requests right now",
  conflict: "other transactions keep writing the same items",
  rejected: "DynamoDB does not accept the request",
  unreachable: "DynamoDB cannot be reached",
  "no-answer": "DynamoDB did not answer in time",
};

export const textOfCode = (code: DynamoCode): string => TEXTS[code];

/** For the log of whoever composes the store: the client's own error is its cause. */
export const dynamoError = (code: DynamoCode, cause: unknown): OperatingError<DynamoCode> =>
  new OperatingError(code, TEXTS[code], { retryable: code !== "no-answer", cause });
