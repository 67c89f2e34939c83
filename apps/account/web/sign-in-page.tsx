/** Signing in, or up, on a page of its own: where providers send people back to. */
import { Anchor, Paper, Stack, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "react-router";
import { IdentityForm } from "../../../layers/presentation/components/identity-form.tsx";
import { Notice } from "../../../layers/presentation/components/notice.tsx";
import { usePageTitle } from "../../../layers/presentation/use-page-title.ts";
import { ownPath } from "./own-path.ts";

const KNOWN = ["federation-failed", "provider-not-ready", "conflict"] as const;

function ProblemNotice({ code }: { readonly code: string }) {
  const { t } = useTranslation("account");
  const known = KNOWN.find((one) => one === code) ?? "other";
  return (
    <div role="alert">
      <Notice tone="danger">
        {t(`problem.${known}`)}{" "}
        {known === "provider-not-ready" ? (
          <Anchor href="/tickets/troubleshooting" inherit>
            {t("problem.settings")}
          </Anchor>
        ) : null}
      </Notice>
    </div>
  );
}

export function SignInPage({ startsNew }: { readonly startsNew: boolean }) {
  const { t } = useTranslation("account");
  const [search] = useSearchParams();
  const returnTo = ownPath(search.get("returnTo") ?? "/account/");
  const problem = search.get("problem");
  const [isNew, setIsNew] = useState(startsNew);
  usePageTitle(t(isNew ? "signUpTitle" : "signInTitle"));
  return (
    <Stack maw={440} w="100%" mx="auto">
      <Title order={1} size="h2">
        {t(isNew ? "signUpTitle" : "signInTitle")}
      </Title>
      {problem === null ? null : <ProblemNotice code={problem} />}
      <Paper withBorder p="lg" bg="var(--understudy-surface)">
        <IdentityForm
          startsNew={startsNew}
          onMode={setIsNew}
          returnTo={returnTo}
          onDone={() => window.location.assign(returnTo)}
        />
      </Paper>
    </Stack>
  );
}
