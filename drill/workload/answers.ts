/**
 * What an answer, or the lack of one, says of an operation. *pure*
 *
 * Invariants
 *  A1 a write is `failed` only where whoever answered promised that nothing happened: a refusal
 *     (4xx, 503), a connection that was refused, or the smart client's `unavailable`
 *  A2 everything else that is not an acknowledgement is `unknown` for a write, `failed` for a read
 */
import type { Operation } from "../history.ts";

export interface Answer {
  readonly status: number;
  readonly header: (name: string) => string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

/** No answer; `isCertain` when nothing can have happened. */
export interface Silence {
  readonly code: string;
  readonly isCertain: boolean;
}

type Told = Pick<
  Operation,
  "outcome" | "code" | "status" | "region" | "epoch" | "consistency" | "receipt" | "missing"
> &
  Pick<Operation, "replayed">;

export function outcomeOf(answer: Answer | Silence, isWriteAsked: boolean): Told {
  if ("isCertain" in answer) {
    const outcome = isWriteAsked && !answer.isCertain ? "unknown" : "failed";
    return { outcome, code: answer.code };
  }
  const { status, header } = answer;
  const told = { status, ...headersOf(header) };
  if (status < 300) return { outcome: "ok", ...told };
  const code = codeOf(answer);
  const isRefusal = status < 500 || (status === 503 && code !== "outcome-unknown");
  return { outcome: isWriteAsked && !isRefusal ? "unknown" : "failed", code, ...told };
}

function headersOf(header: Answer["header"]): Omit<Told, "outcome"> {
  const region = header("understudy-region");
  const epoch = Number(header("understudy-epoch"));
  const consistency = header("understudy-consistency");
  const receipt = header("understudy-receipt");
  return {
    ...(region === null ? {} : { region }),
    ...(epoch > 0 ? { epoch } : {}),
    ...(consistency === null ? {} : { consistency }),
    ...(receipt === null ? {} : { receipt }),
    ...(header("understudy-missing") === null ? {} : { missing: true }),
    ...(header("idempotency-replayed") === "true" ? { replayed: true } : {}),
  };
}

function codeOf({ status, body }: Answer): string {
  const type = body["type"];
  return typeof type === "string" ? type.slice(type.lastIndexOf("/") + 1) : `status-${status}`;
}
