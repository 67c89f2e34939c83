/**
 * The one door of a page to its regions. *port + adapter*
 *
 * `UnderstudyFetch` is what the kit needs; the smart client fits it. The adapter here is the small
 * version for a page that was served by one of the regions: its own origin first, and when that
 * origin does not answer in time, the other regions it has learned of, in turn, with the same
 * request. A region that says `not-serving` and names the one that does is left for that one.
 *
 * Invariants
 *  1 an unsafe request without an Idempotency-Key is sent at most once        (mayRepeat, below)
 *  2 a request ends: every attempt has a time-out, every region is tried once (the loop below)
 *  3 `/control/` is asked of the page's own origin alone: no region has it       (originsOf)
 *
 * It does not promise that another region may be asked from a page: that needs the region to allow
 * this origin (CORS with credentials) and the page's policy to list it under `connect-src`.
 */
import { createProgressFetch, type OnProgress } from "./progress-fetch.ts";

export type UnderstudyFetch = (path: string, init?: UnderstudyInit) => Promise<Response>;

export interface UnderstudyInit extends RequestInit {
  /** For a request that is known to take long; default 4 s. */
  readonly attemptMs?: number;
  /** The body is large, and its sending is watched; `attemptMs` does not count then. */
  readonly onProgress?: OnProgress;
}

export interface TransportRegion {
  readonly id: string;
  readonly url: string;
}

export interface TransportOptions {
  readonly origin: string;
  readonly regions: () => readonly TransportRegion[];
  readonly fetch?: typeof globalThis.fetch;
  readonly attemptMs?: number;
  /** For regions other than the page's own, which may not get its cookies. */
  readonly bearer?: () => string | undefined;
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);
const DEFAULT_ATTEMPT_MS = 4_000;
/** How long a region that answered in place of the own one is asked first. */
const PREFERENCE_MS = 10_000;

/** The supervisor's routes, behind the front door. A restart takes as long as the process needs. */
const CONTROL = "/control/";
const CONTROL_ATTEMPT_MS = 70_000;

function originsOf(
  options: TransportOptions,
  path: string,
  preferred: string | undefined,
): readonly string[] {
  if (path.startsWith(CONTROL)) return [options.origin];
  const others = options.regions().map((region) => originOf(region.url));
  const list = [preferred, options.origin, ...others];
  return [...new Set(list.filter((value): value is string => value !== undefined && value !== ""))];
}

function originOf(url: string): string | undefined {
  try {
    return new URL(url).origin;
  } catch {
    return undefined;
  }
}

interface Refusal {
  /** The region that the refusal names as the one that serves. */
  readonly serving?: string;
  /** The region does not take the cookies of another region's page. */
  readonly isCrossSite?: boolean;
}

async function refusalIn(response: Response): Promise<Refusal> {
  if (response.status !== 503 && response.status !== 403) return {};
  if (!(response.headers.get("content-type") ?? "").includes("problem+json")) return {};
  try {
    const body = (await response.clone().json()) as Record<string, unknown>;
    const type = String(body["type"] ?? "");
    if (type.endsWith("cross-site-request")) return { isCrossSite: true };
    const named = body["servingRegion"] ?? body["serving"];
    return type.endsWith("not-serving") && typeof named === "string" ? { serving: named } : {};
  } catch {
    return {};
  }
}

export function createOriginFirstFetch(options: TransportOptions): UnderstudyFetch {
  const send = options.fetch ?? globalThis.fetch.bind(globalThis);
  const attemptMs = options.attemptMs ?? DEFAULT_ATTEMPT_MS;
  let preferred: { origin: string; untilMs: number } | undefined;

  const attempt = (
    origin: string,
    path: string,
    { onProgress, attemptMs: given, ...init }: UnderstudyInit,
  ): Promise<Response> => {
    const limitMs = given ?? (path.startsWith(CONTROL) ? CONTROL_ATTEMPT_MS : attemptMs);
    const signals = init.signal ? [init.signal] : [];
    if (onProgress === undefined) signals.push(AbortSignal.timeout(limitMs));
    const signal = AbortSignal.any(signals);
    const via = onProgress === undefined ? send : createProgressFetch(onProgress);
    const token = origin === options.origin ? undefined : options.bearer?.();
    const headers = new Headers(init.headers);
    if (token !== undefined && !headers.has("Authorization")) {
      headers.set("Authorization", `Bearer ${token}`);
    }
    return via(new URL(path, origin), { ...init, headers, credentials: "include", signal });
  };

  return async (path, init = {}) => {
    const safe = SAFE.has((init.method ?? "GET").toUpperCase());
    const mayRepeat = safe || new Headers(init.headers).has("Idempotency-Key");
    const asked = preferred && preferred.untilMs > Date.now() ? preferred.origin : undefined;
    const origins = [...originsOf(options, path, asked)];
    const tried = new Set<string>();
    let refusal: Response | undefined;
    let failure: unknown = new TypeError("no region is known");
    for (let origin = origins.shift(); origin !== undefined; origin = origins.shift()) {
      if (tried.has(origin)) continue;
      tried.add(origin);
      try {
        const response = await attempt(origin, path, init);
        const { serving: named, isCrossSite } = mayRepeat ? await refusalIn(response) : {};
        if (isCrossSite && origin !== options.origin) {
          failure = new TypeError(`${origin} refuses the pages of ${options.origin}`);
          continue;
        }
        const serving = options.regions().find((region) => region.id === named);
        const next = serving ? originOf(serving.url) : undefined;
        if (next === undefined || tried.has(next)) {
          if (origin !== options.origin) {
            preferred = { origin, untilMs: Date.now() + PREFERENCE_MS };
          }
          return response;
        }
        refusal = response;
        origins.splice(0, origins.length, next);
      } catch (error) {
        if (init.signal?.aborted) throw error;
        failure = error;
        if (!mayRepeat) break;
      }
    }
    if (refusal) return refusal;
    throw failure;
  };
}
