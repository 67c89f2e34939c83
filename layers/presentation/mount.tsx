/**
 * Composition root of a page: builds what the kit needs and renders the app into #root.
 */
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, StrictMode, useEffect } from "react";
import { createRoot } from "react-dom/client";
import { I18nextProvider } from "react-i18next";
import type { Outbox } from "../../client/index.ts";
import { createBearer } from "./api/bearer.ts";
import { createObservations } from "./api/observation.ts";
import { createPageOutbox } from "./api/page-outbox.ts";
import { problemOf } from "./api/problem.ts";
import { createReceipts } from "./api/receipts.ts";
import { type Api, createApi } from "./api/request.ts";
import { decideRetry } from "./api/retry.ts";
import { createSessionNews } from "./api/session-news.ts";
import { createOriginFirstFetch } from "./api/transport.ts";
import { remember, remembered } from "./components/memory.ts";
import { SignInProvider } from "./components/sign-in.tsx";
import { hasSignedIn, type Kit, KitProvider, useKit, useMe, useSessionNews } from "./context.tsx";
import { type Catalogue, createI18n } from "./i18n/setup.ts";
import { createLive, type Live } from "./live/live.ts";
import { createStreams } from "./live/streams.ts";
import { wordingOf } from "./live/wording.ts";
import { cssVariables, theme } from "./theme/theme.ts";
import "./theme/styles.ts";

const READ_TRIES = 4;

function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // "Offline" is what the regions answer, not what the browser believes of its network.
        networkMode: "always",
        staleTime: 1_000,
        gcTime: 30 * 60_000,
        retry: (failures, error) => problemOf(error).retryable && failures < READ_TRIES,
        retryDelay: (failures, error) =>
          decideRetry(problemOf(error), failures + 1, Math.random()) ?? 0,
      },
    },
  });
}

function Started({ kit, children }: { readonly kit: Kit; readonly children: ReactNode }) {
  useEffect(() => kit.live.start(kit.api), [kit]);
  return (
    <KitProvider value={kit}>
      <SessionKeeper />
      <SignInProvider>{children}</SignInProvider>
    </KitProvider>
  );
}

function SessionKeeper() {
  const { outbox } = useKit();
  const username = useMe()?.username;
  useEffect(() => outbox.setOwner(username), [outbox, username]);
  useSessionNews();
  return null;
}

/** What was left behind leaves when its app can be written to again. */
function wakeWhenWritable(live: Live, outbox: Outbox): void {
  let before = new Set<string>();
  live.subscribe(() => {
    const state = live.state();
    const writable = state.apps.filter((one) => wordingOf(one, state).writable);
    const now = new Set(writable.map(({ app }) => app));
    for (const app of now) if (!before.has(app)) outbox.wake(app);
    before = now;
  });
}

export interface PageOptions {
  readonly app?: string;
  readonly catalogue: Catalogue;
  readonly children: ReactNode;
}

/**
 * Cookies go to the host of this page only. Where a region has another one, the page gets itself a
 * token while its own region still answers.
 */
function prepareForOtherHosts(live: Live, api: Api): void {
  const { hostname } = window.location;
  const isElsewhere = (url: string): boolean =>
    URL.canParse(url) && new URL(url).hostname !== hostname;
  const stop = live.subscribe(() => {
    if (!hasSignedIn() || !live.state().regions.some(({ url }) => isElsewhere(url))) return;
    stop();
    void api.renew();
  });
}

export function mountPage({ app, catalogue, children }: PageOptions): void {
  const { origin } = window.location;
  const streams = createStreams();
  const live = createLive(origin, streams);
  const bearer = createBearer();
  const fetch = createOriginFirstFetch({
    origin,
    regions: () => live.state().regions.filter((region) => region.up),
    bearer: bearer.token,
  });
  const receipts = createReceipts({
    getItem: (name) => sessionStorage.getItem(name),
    setItem: (name, value) => sessionStorage.setItem(name, value),
  });
  const observations = createObservations();
  const queries = createQueryClient();
  const api = createApi({
    fetch,
    receipts,
    observations,
    hasSignedIn,
    bearer,
    onSignedOut: () => void queries.invalidateQueries({ queryKey: ["me"] }),
  });
  prepareForOtherHosts(live, api);
  const outbox = createPageOutbox({
    fetch,
    receipts,
    observations,
    renew: api.renew,
    storage: {
      getItem: (name) => remembered(name, "tab"),
      setItem: (name, value) => remember(name, value, "tab"),
    },
  });
  wakeWhenWritable(live, outbox);
  const root = document.getElementById("root");
  if (root === null) throw new Error("mountPage: the page has no element with id root");
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        defaultColorScheme="auto"
        colorSchemeManager={localStorageColorSchemeManager()}
      >
        <I18nextProvider i18n={createI18n(catalogue)}>
          <QueryClientProvider client={queries}>
            <Started kit={{ api, live, streams, outbox, session: createSessionNews(), app }}>
              {children}
            </Started>
          </QueryClientProvider>
        </I18nextProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
