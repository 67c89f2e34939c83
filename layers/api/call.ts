/**
 * One request as a route sees it: checked input, the session, and the ways to answer. *shell*
 *
 * Invariants
 *  C1 the effect of a request and the stored answer to its idempotency key commit together, or
 *     neither does                                    (commit: one transact; recall reads it back)
 *  C2 a replayed answer has the status, body and headers of the first
 *                                                       (StoredReply is all that both are made of)
 *  C3 with a key, ids come from requester and key alone, so that a retry in another region writes
 *     the same item even before the first has arrived there                               (newId)
 */
import { assert, MisuseError, must } from "../../base/assert.ts";
import { failed } from "../../base/outcome.ts";
import type {
  Acknowledged,
  Found,
  HomeClaim,
  KeyValueStore,
  ReadInfo,
  ReadOptions,
  Version,
  Write,
  WriteOutcome,
} from "../key-value/port.ts";
import type { AppContext } from "./define-app.ts";
import { contentDigestOf } from "./objects/content-digest.ts";
import { type Problem, problem, problemOfRead, problemOfWrite } from "./problem.ts";
import { type Answer, elsewhereProblem, type Reply, refusalOf } from "./reply.ts";
import { etagOf, type IfMatch, NO_VERSION } from "./request-headers.ts";
import type { Requester } from "./requester.ts";
import type { Scope } from "./scope.ts";
import type { Session } from "./session.ts";

/** What is kept with an idempotency key: everything of the answer but what the store adds. */
export interface StoredReply {
  readonly status: number;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Adds the version the write made, as `version` of the body and as ETag. */
  readonly versioned?: boolean;
}

export interface Idempotency {
  readonly scope: string;
  readonly key: string;
  readonly requestHash: string;
}

export interface CommitOptions {
  /** Only the home of this name writes, in this term: the `claim` that `call.home` answered. */
  readonly home?: HomeClaim;
  /** Instead of 409 (412 with If-Match) when a condition of the writes does not hold. */
  readonly onConflict?: () => Reply | Promise<Reply>;
}

export interface CallInput<Params, Query, Body> {
  readonly context: AppContext;
  readonly scope: Scope;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  readonly reading: ReadOptions;
  readonly ifMatch: IfMatch | undefined;
  readonly idempotency: Idempotency | undefined;
  readonly requester: Requester | undefined;
}

const ID_LENGTH = 26;
const MISMATCH = "The key was used with another request, or by a client with other credentials.";

/** `carried`: see requester.ts. `query` counts where it is not part of `text`. */
export const requestHash = (scope: Scope, text: string, carried = "", query = ""): string => {
  const { digest, hashSalt } = scope.platform;
  const by = carried === "" ? "" : `by ${carried}\n`;
  const path = query === "" ? scope.path : `${scope.path}?${query}`;
  return digest(`${hashSalt}\n${by}${scope.request.method}\n${path}\n${text}`);
};

export class Call<Params = unknown, Query = unknown, Body = unknown> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** Pass it to every read: the level and the receipts the client asked for. */
  readonly reading: ReadOptions;
  readonly ifMatch: IfMatch | undefined;
  readonly idempotency: Idempotency | undefined;
  readonly scope: Scope;
  readonly context: AppContext;
  readonly #requester: Requester | undefined;

  constructor(input: CallInput<Params, Query, Body>) {
    this.context = input.context;
    this.scope = input.scope;
    this.params = input.params;
    this.query = input.query;
    this.body = input.body;
    this.reading = input.reading;
    this.ifMatch = input.ifMatch;
    this.idempotency = input.idempotency;
    this.#requester = input.requester;
  }

  get store(): KeyValueStore {
    return this.context.store;
  }

  /** Who asks; only on routes that need a session. */
  get session(): Session {
    return must(this.scope.session, "this route is open to everyone: there may be no session");
  }

  /**
   * Who asks, as the route's `identify` said it, or the user's id, or `guest:` and the guest's;
   * undefined where it is unknown.
   */
  get requester(): string | undefined {
    const { session, guest } = this.scope;
    return this.#requester?.name ?? session?.userId ?? (guest && `guest:${guest.id}`);
  }

  /** On a route with `readsBody`: the same call, after its body was read. Equal texts, one body. */
  ofBody(text: string): Call<Params, Query, Body> {
    const { context, scope, params, query, body, reading, ifMatch, idempotency } = this;
    const requester = this.#requester;
    const input = { context, scope, params, query, body, reading, ifMatch, requester };
    if (idempotency === undefined) return this;
    const told = { ...idempotency, requestHash: requestHash(scope, text, requester?.carried) };
    return new Call({ ...input, idempotency: told });
  }

  /** Which guest the browser is, or was before somebody signed in; undefined where it never was. */
  guest(): Promise<string | undefined> {
    const { scope } = this;
    const { guest, platform } = scope;
    return guest === undefined ? platform.guests.idIn(scope) : Promise.resolve(guest.id);
  }

  /** Why this region may not write for the app now, if it may not: before work that would be lost. */
  refusal(): Problem | undefined {
    return refusalOf(this.scope.platform.routing, this.scope.app);
  }

  /**
   * The claim to decide for a name of the app's `homes`, for `commit`; where another region
   * decides, the refusal that names it. Ask before what is decided is read.
   */
  home(name: string): { readonly kind: "home"; readonly claim: HomeClaim } | Problem {
    const { routing, region } = this.scope.platform;
    const home = routing.app(this.scope.app)?.homes[name];
    if (home === undefined) throw new MisuseError(`${name} is no home of ${this.scope.app}`);
    if (home.region !== region || home.state !== "open") return this.#elsewhere(name);
    return { kind: "home", claim: { name, term: home.term } };
  }

  #elsewhere(name: string): Problem {
    return elsewhereProblem(this.scope.platform.routing, this.scope.app, name);
  }

  /** SHA-256 that the body has by its `Content-Digest`, in hex; "" where that is none. */
  contentDigest(): string | undefined {
    return contentDigestOf(this.scope.request.headers);
  }

  header(name: string): string | null {
    return this.scope.request.headers.get(name);
  }

  /** The id of what the request creates: the same for a retry with the same key, anywhere. */
  newId(purpose = ""): string {
    const given = this.idempotency;
    if (given === undefined) return this.context.ids();
    const { digest, appId } = this.context;
    const carried = this.#requester?.carried ?? "";
    const whose = carried === "" ? given.scope : `${given.scope} ${carried}`;
    return digest(`id\n${appId}\n${purpose}\n${whose}\n${given.key}`).slice(0, ID_LENGTH);
  }

  /** An item or a list, as it was read. */
  found(info: ReadInfo, body: unknown, version?: Version): Answer {
    const headers = version === undefined ? undefined : { etag: etagOf(version) };
    return { kind: "answer", status: 200, body, info, ...(headers && { headers }) };
  }

  /** Nothing was found; the answer says how current that is. `listedAt`: the path of its list. */
  absent(info: ReadInfo, detail: string, listedAt?: string): Problem {
    const where = listedAt === undefined ? "ask for the list it should be in" : `see ${listedAt}`;
    return problem("not-found", detail, { info, advice: `There is no such item: ${where}.` });
  }

  /** Whether the client's If-Match, if any, accepts this version. */
  stale(found: Found<unknown>): Problem | undefined {
    this.scope.versionCompared = true;
    if (this.ifMatch === undefined || this.ifMatch === "any") return undefined;
    if (this.ifMatch.includes(found.version)) return undefined;
    return problem("precondition-failed", `The item's version is now ${found.version}.`);
  }

  /**
   * Refuses a version in If-Match that nothing was compared with: the route, or what it changes,
   * has none. Writing anyway would do what the client has asked not to do.
   */
  #uncompared(): Problem | undefined {
    const { ifMatch } = this;
    if (ifMatch === undefined || ifMatch === "any" || this.scope.versionCompared) return undefined;
    return NO_VERSION;
  }

  /** Writes all or nothing, and answers `reply` when it is certain that it happened. */
  async commit(
    writes: readonly Write[],
    reply: StoredReply,
    options: CommitOptions = {},
  ): Promise<Reply> {
    const refused = this.#uncompared();
    if (refused !== undefined) return refused;
    const { home } = options;
    const outcome = await this.transact(writes, reply, home);
    if (outcome.kind === "ok") return committed(outcome.value, reply);
    if (outcome.kind === "failed" && outcome.code === "elsewhere" && home !== undefined) {
      return this.#elsewhere(home.name);
    }
    if (outcome.kind === "failed" && outcome.code === "condition-failed") {
      if (options.onConflict !== undefined) return options.onConflict();
      if (this.ifMatch !== undefined) return problem("precondition-failed", outcome.reason);
    }
    return problemOfWrite(outcome);
  }

  /** As `commit`, for a route that maps the outcome itself. */
  transact(writes: readonly Write[], response: unknown, home?: HomeClaim): Promise<WriteOutcome> {
    const given = this.idempotency;
    const refused = this.#uncompared();
    if (refused !== undefined) {
      return Promise.resolve(failed("condition-failed", refused.detail));
    }
    return this.store.transact(writes, {
      ...(given === undefined ? {} : { idempotency: { ...given, response } }),
      ...(home === undefined ? {} : { home }),
    });
  }

  /** What was stored with the request's key, if it was used before; see EndpointOptions. */
  async recall(): Promise<
    | { readonly kind: "ok"; readonly stored: unknown; readonly ack: Acknowledged }
    | Problem
    | undefined
  > {
    const given = this.idempotency;
    if (given === undefined) return undefined;
    const read = await this.store.recall(given.scope, given.key);
    if (read.kind === "failed") return problemOfRead(read);
    if (read.value === undefined) return undefined;
    if (read.value.requestHash !== given.requestHash) {
      return problem("idempotency-mismatch", MISMATCH);
    }
    // Nothing is written, because the key is used; the store adds what only it knows of the first
    // time. A transaction has to name an item, so this one names an item that nobody has.
    const outcome = await this.store.transact([this.#noItem()], { idempotency: read.value });
    if (outcome.kind !== "ok") return problemOfWrite(outcome);
    return { kind: "ok", stored: read.value.response, ack: outcome.value };
  }

  #noItem(): Write {
    const table = must(this.context.tables[0], "an app without tables keeps no answers");
    const { partitionKey, sortKey } = table;
    const key = { [partitionKey]: "-", ...(sortKey === undefined ? {} : { [sortKey]: "-" }) };
    return { kind: "check", table, key };
  }

  async replay(): Promise<Reply | undefined> {
    const recalled = await this.recall();
    if (recalled === undefined || recalled.kind === "problem") return recalled;
    return committed({ ...recalled.ack, replayed: recalled.stored }, undefined);
  }
}

function committed(acknowledged: Acknowledged, made: StoredReply | undefined): Answer {
  const again = acknowledged.replayed !== undefined;
  const stored = again ? (acknowledged.replayed as StoredReply) : made;
  assert(stored !== undefined, "an acknowledged write has an answer");
  const { status, body, headers, versioned } = stored;
  const all: Record<string, string> = { ...headers };
  if (versioned) all["etag"] = etagOf(acknowledged.version);
  if (again) all["idempotency-replayed"] = "true";
  const shown = versioned ? { ...body, version: acknowledged.version } : body;
  return { kind: "answer", status, body: shown, headers: all, acknowledged };
}
