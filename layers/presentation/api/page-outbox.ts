/**
 * The outbox of a page: writes that somebody chose to leave behind, sent when they can be. *shell*
 *
 * It lives as long as the tab. An expired sign-in is renewed once it shows; what belongs to another
 * account waits for that one.
 */
import { createOutbox, type Outbox } from "../../../client/index.ts";
import type { Observations } from "./observation.ts";
import type { Receipts } from "./receipts.ts";
import { appOf } from "./request.ts";
import type { UnderstudyFetch } from "./transport.ts";

export interface PageOutbox extends Outbox {
  /** Who is signed in; what is theirs is tried at once. */
  setOwner(username: string | undefined): void;
}

export interface PageOutboxOptions {
  readonly fetch: UnderstudyFetch;
  readonly observations: Observations;
  readonly receipts: Receipts;
  readonly renew: () => Promise<boolean>;
  readonly storage: Pick<Storage, "getItem" | "setItem">;
}

const NAME = "understudy.outbox";

export function createPageOutbox(options: PageOutboxOptions): PageOutbox {
  const { fetch, observations, receipts, renew, storage } = options;
  let owner: string | undefined;
  const send = async (path: string, init: RequestInit): Promise<Response> => {
    const app = appOf(path);
    const headers = new Headers(init.headers);
    headers.set("Accept", "application/json");
    const session = receipts.header(app);
    if (session !== undefined) headers.set("Understudy-Session", session);
    const again = (): Promise<Response> => fetch(path, { ...init, headers });
    let response = await again();
    if (response.status === 401 && (await renew())) response = await again();
    observations.note(app, response.headers, false);
    const receipt = response.headers.get("Understudy-Receipt");
    if (receipt !== null) receipts.add(app, receipt);
    return response;
  };
  const outbox = createOutbox(
    {
      storage: { read: () => storage.getItem(NAME), write: (text) => storage.setItem(NAME, text) },
      // Nobody's: until it is known who is there, nothing is sent for anybody.
      owner: () => owner ?? "",
    },
    {
      send,
      after: (delayMs, run) => {
        const timer = setTimeout(run, delayMs);
        return () => clearTimeout(timer);
      },
      random: Math.random,
      wallNow: Date.now,
    },
  );
  return {
    ...outbox,
    setOwner(username) {
      if (username === owner) return;
      owner = username;
      outbox.wake();
    },
  };
}
