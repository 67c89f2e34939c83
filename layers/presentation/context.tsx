/**
 * What every component of the kit may ask for: the API, the live state, who is signed in. *shell*
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useSyncExternalStore,
} from "react";
import { useTranslation } from "react-i18next";
import type { Observation } from "./api/observation.ts";
import type { PageOutbox } from "./api/page-outbox.ts";
import { ApiProblem } from "./api/problem.ts";
import type { Api } from "./api/request.ts";
import type { SessionNews } from "./api/session-news.ts";
import { remember, remembered } from "./components/memory.ts";
import { createFormat, type Format } from "./i18n/format.ts";
import { languageOf } from "./i18n/setup.ts";
import type { Language } from "./i18n/translation.ts";
import type { Live } from "./live/live.ts";
import type { LiveApp, LiveState } from "./live/live-state.ts";
import type { Streams } from "./live/streams.ts";

export interface Kit {
  readonly api: Api;
  readonly live: Live;
  readonly streams: Streams;
  readonly outbox: PageOutbox;
  readonly session: SessionNews;
  /** The app whose pages these are, or undefined for pages of the deployment as a whole. */
  readonly app: string | undefined;
}

const KitContext = createContext<Kit | undefined>(undefined);
export const KitProvider = KitContext.Provider;

export function useKit(): Kit {
  const kit = useContext(KitContext);
  if (kit === undefined) throw new Error("useKit: no KitProvider above this component");
  return kit;
}

export function useLive(): LiveState {
  const { live } = useKit();
  return useSyncExternalStore(live.subscribe, live.state);
}

export function useLiveApp(id: string | undefined): LiveApp | undefined {
  return useLive().apps.find((app) => app.app === id);
}

/** What the last answer of an app said; of the whole deployment's routes when no app is given. */
export function useObservation(app: string): Observation {
  const { observations } = useKit().api;
  const read = useCallback(() => observations.of(app), [observations, app]);
  return useSyncExternalStore(observations.subscribe, read);
}

export function useLanguage(): Language {
  const { i18n } = useTranslation();
  return languageOf(i18n);
}

export function useFormat(): Format {
  const language = useLanguage();
  return useMemo(() => createFormat(language), [language]);
}

export interface Me {
  readonly id?: string;
  readonly username: string;
  readonly roles?: readonly string[];
}

const SIGNED_IN = "understudy.signed-in";
/**
 * The server says so as well, with a cookie that holds nothing: also after a redirect. One of
 * another deployment on this host says so too, and costs one question.
 */
export const hasSignedIn = (): boolean =>
  remembered(SIGNED_IN) !== null ||
  /(?:^|; )understudy_present(?:_[\w-]+)?=1(?:;|$)/.test(document.cookie);

/** Who is signed in: `undefined` while not known, `null` for nobody. */
export function useMe(): Me | null | undefined {
  const { api } = useKit();
  const query = useQuery({
    queryKey: ["me"],
    queryFn: async ({ signal }) => {
      if (!hasSignedIn()) return null;
      try {
        return await api.get<Me>("/identity/me", signal);
      } catch (error) {
        if (error instanceof ApiProblem && error.code === "unauthenticated") return null;
        throw error;
      }
    },
    // Where nobody has signed in there is nothing to ask.
    initialData: () => (hasSignedIn() ? undefined : null),
    staleTime: 60_000,
  });
  return query.data;
}

/**
 * After a sign-in, a sign-up or a sign-out: remember it, tell the other tabs and ask again who is
 * there. A sign-out also forgets what was read with the session.
 */
export function useIdentityChanged(): (signedIn: boolean) => Promise<void> {
  const client = useQueryClient();
  const { session } = useKit();
  return useCallback(
    async (signedIn) => {
      remember(SIGNED_IN, signedIn ? "1" : null);
      session.tell(signedIn);
      if (signedIn) return client.invalidateQueries();
      client.setQueryData(["me"], null);
      await client.resetQueries({ predicate: ({ queryKey }) => queryKey[0] !== "me" });
    },
    [client, session],
  );
}

/**
 * What other tabs did to the session. The data stays: somebody may be in the middle of a text that
 * needs it, and pages show that they are signed out.
 */
export function useSessionNews(): void {
  const client = useQueryClient();
  const { session } = useKit();
  useEffect(
    () =>
      session.subscribe((isSignedIn) => {
        if (isSignedIn) void client.invalidateQueries();
        else client.setQueryData(["me"], null);
      }),
    [client, session],
  );
}
