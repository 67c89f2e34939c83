/**
 * Which pages may call this region from another origin: those of the other regions and of the
 * front door, nobody else. *adapter*
 *
 * A page that was loaded from one region goes on with another when its own is lost.
 */
import type { PeersMessage } from "../supervisor/messages.ts";

export interface Origins {
  use(message: PeersMessage): void;
  list(): readonly string[];
  /** Adds what lets the browser hand the answer to the page; the answer itself when none is due. */
  allow(request: Request, answer: Response): Response;
  /** The answer to a browser's question before a request; undefined when it is none of those. */
  preflight(request: Request): Response | undefined;
}

const EXPOSED = [
  "Understudy-Region",
  "Understudy-Epoch",
  "Understudy-Consistency",
  "Understudy-Data-Age",
  "Understudy-Receipt",
  "Understudy-Missing",
  "ETag",
  "Location",
  "Retry-After",
  "Idempotency-Replayed",
  "Traceparent",
].join(", ");
const METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE";
const PREFLIGHT_SECONDS = "600";

export function createOrigins(apps: readonly string[]): Origins {
  let origins: ReadonlySet<string> = new Set();
  const originOf = (request: Request): string | undefined => {
    const origin = request.headers.get("origin");
    return origin !== null && origins.has(origin) ? origin : undefined;
  };
  return {
    use: (message) => {
      const { regions, frontDoorUrl, entrance } = message;
      const doors = [frontDoorUrl ?? [], entrance?.publicUrl ?? []].flat();
      const urls = [...regions.map((region) => region.url), ...doors];
      origins = new Set([...urls.flatMap(namesOf), ...namedOrigins(message, apps)]);
    },
    list: () => [...origins],
    allow: (request, answer) => {
      const origin = originOf(request);
      if (origin === undefined) return answer;
      answer.headers.set("access-control-allow-origin", origin);
      answer.headers.set("access-control-allow-credentials", "true");
      answer.headers.set("access-control-expose-headers", EXPOSED);
      answer.headers.append("vary", "origin");
      return answer;
    },
    preflight: (request) => {
      if (request.method !== "OPTIONS") return undefined;
      const asked = request.headers.get("access-control-request-method");
      const origin = originOf(request);
      if (asked === null || origin === undefined) return undefined;
      const headers = {
        "access-control-allow-origin": origin,
        "access-control-allow-credentials": "true",
        "access-control-allow-methods": METHODS,
        "access-control-allow-headers": request.headers.get("access-control-request-headers") ?? "",
        "access-control-max-age": PREFLIGHT_SECONDS,
        vary: "origin, access-control-request-headers",
      };
      return new Response(null, { status: 204, headers });
    },
  };
}

/** Where a page comes from when somebody went by a name of the deployment's own zone. */
function namedOrigins(message: PeersMessage, apps: readonly string[]): readonly string[] {
  const { regions, names, naming } = message;
  if (names === undefined || naming === undefined) return [];
  const { zone, aliases = {} } = naming.dns;
  const labels = [...apps, ...regions.map(({ id }) => id), ...Object.keys(aliases)];
  const hosts = [zone, ...labels.map((label) => `${label}.${zone}`)];
  return [...hosts, ...Object.values(names.addresses)].map(
    (host) => new URL(`http://${host}:${names.port}`).origin,
  );
}

/** People type localhost where programs say 127.0.0.1. */
function namesOf(url: string): string[] {
  const { origin, hostname, port, protocol } = new URL(url);
  return hostname === "127.0.0.1" ? [origin, `${protocol}//localhost:${port}`] : [origin];
}
