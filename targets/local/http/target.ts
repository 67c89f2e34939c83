/**
 * The one form in which a request's target is read: by the front door to choose a region, by a
 * region to choose a route. *pure*
 *
 *   GET http://host/tickets/api   -> host, /tickets/api        RFC 9112, 3.2.2
 *   GET //tickets/api             -> /tickets/api
 *   GET /x/../tickets/api         -> /tickets/api              as WHATWG URL reads it
 *   OPTIONS *                     -> *                         the server itself
 *   Host: [0:0::1]:               -> [::1]                     as WHATWG URL writes it
 *
 * Two readings of one target would send a write to a region that does not serve its app.
 */
export type Target =
  | { readonly kind: "path"; readonly path: string; readonly authority?: string }
  | { readonly kind: "server" }
  | Malformed;

export interface Malformed {
  readonly kind: "malformed";
  readonly detail: string;
}

const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/is;
/** Also as `%2e`, which is the same to a URL. */
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?:[/?#]|$)/i;
const SLASHES = /^\/{2,}/;
const HOST = /^(?:\[[0-9a-f:.]+\]|[\w.~!$&'()*+,;=%-]+)(?::\d{0,5})?$/i;
/** What a URL has as it is, save for the case: no number in the last place, nothing encoded. */
const PLAIN_HOST = /^(?!.*xn--)(?:[\w-]+\.)*[a-z][\w-]*(?::[1-9]\d{0,3})?$/i;
const SHOWN = 80;

export function readTarget(method: string, raw: string): Target {
  if (raw === "*") {
    return method === "OPTIONS" ? { kind: "server" } : malformed("* is a target of OPTIONS only");
  }
  if (raw.startsWith("/")) return readPath(raw);
  const [, authority, rest = ""] = ABSOLUTE.exec(raw) ?? [];
  if (authority === undefined) {
    return malformed(`the target has to begin with / or http://, got ${raw.slice(0, SHOWN)}`);
  }
  const host = readHost(authority);
  if (host.kind === "malformed") return host;
  const read = readPath(rest.startsWith("/") ? rest : `/${rest}`);
  return read.kind === "path" ? { ...read, authority: host.host } : read;
}

function readPath(raw: string): Target {
  let path = raw;
  const backslash = raw.indexOf("\\");
  if (backslash >= 0 && !raw.slice(0, backslash).includes("?")) {
    return malformed("the path holds a backslash");
  }
  if (DOT_SEGMENT.test(raw)) {
    const { pathname, search } = new URL(`http://host${raw}`);
    path = pathname + search;
  }
  return { kind: "path", path: path.replace(SLASHES, "/") };
}

/** The one form of a Host; its grammar allows what is none to a URL, such as port 99999. */
export function readHost(
  raw: string,
): { readonly kind: "host"; readonly host: string } | Malformed {
  if (PLAIN_HOST.test(raw)) return { kind: "host", host: raw };
  const address = `http://${raw}`;
  if (HOST.test(raw) && URL.canParse(address)) return { kind: "host", host: new URL(address).host };
  const got = raw.slice(0, SHOWN);
  return malformed(`Host has to be a name or an address, with a port or without, got "${got}"`);
}

const malformed = (detail: string): Malformed => ({ kind: "malformed", detail });
