/**
 * Where a sign-in is finished by this page and not by a redirect: a link that is good once, and the
 * answer of a provider that came while the app was moving. Tried until it is certain, with one key.
 */
import { Button, Stack, Title } from "@mantine/core";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { useIdentityChanged, useKit } from "../../../layers/presentation/context.tsx";
import { usePageTitle } from "../../../layers/presentation/use-page-title.ts";
import { useWrite } from "../../../layers/presentation/use-write.ts";
import { ownPath } from "./own-path.ts";

interface Finished {
  readonly returnTo?: string;
}

const ROUTES = { link: "/identity/link", callback: "/identity/federation/finish" } as const;
const ANSWER = ["provider", "state", "code", "error", "iss", "session_state"] as const;

/** What the address brought; taken out of it at once, so that it is in no history. */
function takeAnswer(what: keyof typeof ROUTES): Record<string, string> {
  const { hash, search, pathname } = window.location;
  window.history.replaceState(null, "", pathname);
  if (what === "link") return { code: decodeURIComponent(hash.slice(1)) };
  const query = new URLSearchParams(search);
  return Object.fromEntries(
    ANSWER.flatMap((name) => {
      const value = query.get(name);
      return value === null ? [] : [[name, value]];
    }),
  );
}

export function FinishPage({ what }: { readonly what: keyof typeof ROUTES }) {
  const { t } = useTranslation("account");
  const { api } = useKit();
  const changed = useIdentityChanged();
  const begun = useRef(false);
  const write = useWrite<Record<string, string>, Finished>({
    send: async (body, key, signal) =>
      (await api.request<Finished>("POST", ROUTES[what], { body, key, signal })).value,
    onDone: async ({ returnTo }) => {
      await changed(true);
      window.location.replace(what === "link" ? "/console/" : ownPath(returnTo ?? null));
    },
  });
  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const answer = takeAnswer(what);
    // A turn later: in development the first mount is undone, and would end the write with it.
    queueMicrotask(() => write.start(answer));
  }, [what, write.start]);
  const failed = write.state.phase === "failed";
  usePageTitle(t(failed ? "wait.failed" : `wait.${what}`));
  return (
    <Stack maw={560}>
      <Title order={1} size="h2">
        {t(failed ? "wait.failed" : `wait.${what}`)}
      </Title>
      <WriteNotice write={write} />
      {failed ? (
        <Button component="a" href="/account/sign-in" w="fit-content">
          {t("wait.again")}
        </Button>
      ) : null}
    </Stack>
  );
}
