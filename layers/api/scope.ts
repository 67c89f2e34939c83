/** What is known of one request while it is answered, and of the region that answers it. */
import type { Instant } from "../../base/clock.ts";
import type { Rng } from "../../base/rng.ts";
import type { Routing } from "../routing/port.ts";
import type { CookieNames } from "./cookie-names.ts";
import type { Guest, Guests } from "./guests.ts";
import type { Log } from "./log.ts";
import type { Session, TokenVerifier } from "./session.ts";
import { continueTrace, type Trace } from "./trace.ts";

/** The region, as every route sees it. */
export interface Platform {
  readonly region: string;
  readonly routing: Routing;
  readonly verifier: TokenVerifier;
  readonly log: Log;
  /** For trace ids only: nothing secret comes out of it. */
  readonly rng: Rng;
  readonly now: () => Instant;
  /** SHA-256 as base64url. */
  readonly digest: (text: string) => string;
  /** The deployment's own origins: pages of these, and of no other, may use the cookies. */
  readonly origins: () => readonly string[];
  readonly cookies: CookieNames;
  readonly guests: Guests;
  /** Mixed into request hashes, so that a stored hash of a body with a password tells nothing. */
  readonly hashSalt: string;
}

export class Scope {
  readonly platform: Platform;
  readonly request: Request;
  readonly path: string;
  readonly started: Instant;
  /** The app whose data the request is about, "" for the platform's own routes. */
  readonly app: string;
  readonly trace: Trace;
  /** Filled in by authentication. */
  session: Session | undefined;
  /** On routes with `auth: "guest"`, of whoever is not signed in. */
  guest: Guest | undefined;
  /** The route's pattern, for metrics: never the address, whose number is unbounded. */
  route = "";
  status = 0;
  /** Whether the route has compared the version that the client named in If-Match. */
  versionCompared = false;
  /** Set once a response already carries the headers of every response. */
  finished = false;

  constructor(platform: Platform, request: Request, path: string, app: string) {
    this.platform = platform;
    this.request = request;
    this.path = path;
    this.app = app;
    this.started = platform.now();
    this.trace = continueTrace(request.headers.get("traceparent"), platform.rng);
  }
}
