/**
 * What a region's answer means, and keeping a small answer whole before it is delivered. *shell*
 *
 * A region that dies between the head and the body of an answer would hand its caller half a
 * document. So answers that say they are small, and JSON, are read to their end first; a break
 * while reading counts as a broken attempt and is retried like one.
 */
import type { Verdict } from "./decide.ts";

export interface Answer {
  readonly response: Response;
  readonly verdict: Verdict;
  readonly region?: string;
  readonly epoch: number;
  readonly servingRegion?: string;
  /** The region that decides what was asked, where the verdict is `elsewhere`. */
  readonly decidedBy?: string;
}

const WHOLE_MOST_BYTES = 256 * 1024;
const EMPTY_STATUS = new Set([101, 204, 205, 304]);

export async function readAnswer(response: Response, read: boolean): Promise<Answer> {
  const { headers, status } = response;
  const epoch = Number(headers.get("understudy-epoch") ?? 0) || 0;
  const region = headers.get("understudy-region");
  const base = { epoch, ...(region === null ? {} : { region }) };
  if (!isWhole(response)) {
    return { ...base, response, verdict: verdictOf(status, "", read) };
  }
  const body = await response.arrayBuffer();
  const isBehind = read && status === 404 && isStale(headers);
  const whole = new Response(EMPTY_STATUS.has(status) ? null : body, {
    status,
    statusText: response.statusText,
    headers,
  });
  if (isBehind) return { ...base, response: whole, verdict: "behind" };
  if (status < 500) return { ...base, response: whole, verdict: "final" };
  const problem = problemOf(headers, body);
  const served = namedBy(problem, region);
  return {
    ...base,
    response: whole,
    verdict: verdictOf(status, String(problem["type"] ?? ""), read),
    ...(served === undefined ? {} : { servingRegion: served }),
    ...(typeof problem["homeRegion"] === "string" ? { decidedBy: problem["homeRegion"] } : {}),
    epoch: epoch || Number(problem["epoch"] ?? 0) || 0,
  };
}

/** What is not there may only not be there yet. */
const isStale = (headers: Headers): boolean =>
  headers.get("understudy-consistency") === "stale" || headers.has("understudy-missing");

/** The region to ask instead: with several serving ones, another than the one that refused. */
function namedBy(
  { servingRegion, servingRegions }: Readonly<Record<string, unknown>>,
  refused: string | null,
): string | undefined {
  const named: readonly unknown[] = Array.isArray(servingRegions) ? servingRegions : [];
  const other = named.find((id) => id !== refused) ?? servingRegion;
  return typeof other === "string" ? other : undefined;
}

function isWhole({ headers, status, body }: Response): boolean {
  if (body === null) return true;
  const type = headers.get("content-type") ?? "";
  const length = headers.get("content-length");
  if (length !== null && !headers.has("content-encoding"))
    return Number(length) <= WHOLE_MOST_BYTES;
  return status >= 500 || /[/+]json/.test(type);
}

function problemOf(headers: Headers, body: ArrayBuffer): Readonly<Record<string, unknown>> {
  if (!/[/+]json/.test(headers.get("content-type") ?? "")) return {};
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof parsed === "object" && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    // A proxy that says JSON and sends something else: the status has to do.
    return {};
  }
}

/** 500 is a fault of the code, which another region shares; for a read it is worth a look. */
function verdictOf(status: number, type: string, read: boolean): Verdict {
  if (status < 500) return "final";
  if (type.endsWith("not-serving")) return "refused";
  if (type.endsWith("fenced")) return "fenced";
  if (type.endsWith("elsewhere")) return "elsewhere";
  if (type.endsWith("outcome-unknown")) return "unknown";
  if (type.endsWith("busy")) return "busy";
  // The front door has seen what this request does to regions.
  if (type.endsWith("bad-gateway")) return "final";
  if (status === 503) return "unavailable";
  if (status === 502 || status === 504) return "unknown";
  return status === 500 && read ? "unavailable" : "final";
}
