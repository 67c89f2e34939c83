/**
 * Visitors without an account: an id that every region knows for its own, and no row. *adapter*
 *
 *   understudy_guest=ID.MAC      MAC = HMAC-SHA-256 of the id, with the deployment's secret
 *
 * A route with `auth: "guest"` gives one to a browser that has none. Where such a request carries
 * an idempotency key, the id follows from the key: a retry whose first answer was lost, and its
 * cookie with it, is the same guest in every region.
 *
 * Invariants
 *  1 nobody can make a guest's cookie who does not have the deployment's secret        (idIn)
 *  2 a guest's cookie counts for an unsafe method only from a page of the deployment   (guestOf)
 * Not promised: that a key which one client was given is told to no other one. Keys are secrets.
 */
import { crossSiteProblem } from "./authenticate.ts";
import type { Problem } from "./problem.ts";
import { cookieOf } from "./request-headers.ts";
import type { Scope } from "./scope.ts";

const GUEST_SECONDS = 90 * 86_400;
const ID_LENGTH = 26;
const COOKIE = /^([\w-]{1,40})\.([\w-]{43})$/;

export interface Guest {
  readonly kind: "guest";
  readonly id: string;
  /** To be set with the answer, where the browser had none. */
  readonly cookie: string | undefined;
}

export interface Guests {
  /** The id in the request's cookie, if it is a good one. */
  idIn(scope: Scope): Promise<string | undefined>;
  /** The cookie's guest; where there is none a new one, whose id follows from `key`. */
  guestOf(scope: Scope, key: string | undefined, newId: () => string): Promise<Guest | Problem>;
}

export function createGuests(deploymentSecret: string): Guests {
  const encoder = new TextEncoder();
  const hmac = { name: "HMAC", hash: "SHA-256" } as const;
  const secret = encoder.encode(deploymentSecret);
  const macKey = crypto.subtle.importKey("raw", secret, hmac, false, ["sign"]);
  const macOf = async (id: string): Promise<string> => {
    const text = encoder.encode(`understudy guest 1\n${id}`);
    const bytes = new Uint8Array(await crypto.subtle.sign("HMAC", await macKey, text));
    return btoa(String.fromCharCode(...bytes))
      .replaceAll("+", "-")
      .replaceAll("/", "_")
      .replaceAll("=", "");
  };
  const idIn = async ({ request, platform }: Scope): Promise<string | undefined> => {
    const carried = cookieOf(request.headers.get("cookie"), platform.cookies.guest) ?? "";
    const [, id, mac = ""] = COOKIE.exec(carried) ?? [];
    if (id === undefined) return undefined;
    const { digest } = platform;
    // Digests, so that what is wrong does not show in the time.
    return digest(await macOf(id)) === digest(mac) ? id : undefined;
  };
  return {
    idIn,
    guestOf: async (scope, key, newId) => {
      const known = await idIn(scope);
      if (known !== undefined) {
        return crossSiteProblem(scope) ?? { kind: "guest", id: known, cookie: undefined };
      }
      const { digest, cookies } = scope.platform;
      const id =
        key === undefined ? newId() : digest(`guest\n${scope.app}\n${key}`).slice(0, ID_LENGTH);
      const attributes = `Path=/; Max-Age=${GUEST_SECONDS}; HttpOnly; SameSite=Lax`;
      const secure = isHttps(scope) ? "; Secure" : "";
      const cookie = `${cookies.guest}=${id}.${await macOf(id)}; ${attributes}${secure}`;
      return { kind: "guest", id, cookie };
    },
  };
}

const isHttps = ({ request }: Scope): boolean =>
  request.url.startsWith("https:") || request.headers.get("x-forwarded-proto") === "https";
