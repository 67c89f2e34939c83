/** What keeps people from signing in: each missing or wrong setting, with the fix. */
import { Anchor, Paper, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import {
  type ProviderView,
  useProviders,
} from "../../../layers/presentation/components/provider-buttons.tsx";
import { usePageTitle } from "../../../layers/presentation/use-page-title.ts";

function ProviderState({
  provider,
  redirectUri,
}: {
  readonly provider: ProviderView;
  readonly redirectUri: string;
}) {
  const { t } = useTranslation("tickets");
  return (
    <Paper component="section" withBorder p="lg" bg="var(--understudy-surface)">
      <Title order={2} size="h4" mb="xs">
        {provider.title}{" "}
        <Chip tone={provider.ready ? "ok" : "warning"}>
          {t(provider.ready ? "trouble.ready" : "trouble.notReady")}
        </Chip>
      </Title>
      {provider.problems.length > 0 ? (
        <dl lang="en" style={{ margin: "0 0 12px" }}>
          {provider.problems.map(({ setting, problem, fix }) => (
            <div key={setting}>
              <dt>
                <code>{setting}</code>: {problem}
              </dt>
              <dd style={{ margin: "0 0 8px", paddingLeft: 16 }}>{fix}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      <Text size="sm" c="dimmed">
        {t("trouble.redirect")}
      </Text>
      <code style={{ overflowWrap: "anywhere" }}>{redirectUri}</code>
    </Paper>
  );
}

export function TroubleshootingPage() {
  const { t } = useTranslation("tickets");
  usePageTitle(t("trouble.title"), t("title"));
  const query = useProviders();
  return (
    <Stack maw={760}>
      <Anchor component={Link} to="/">
        ← {t("form.back")}
      </Anchor>
      <Title order={1} size="h2">
        {t("trouble.title")}
      </Title>
      <Text>{t("trouble.intro")}</Text>
      {query.isError ? (
        <LoadFailed error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {query.isPending ? <Loading rows={2} height={140} /> : null}
      {query.data?.items.length === 0 ? <Text>{t("trouble.none")}</Text> : null}
      {query.data?.items.map((provider, index) => (
        <ProviderState
          key={provider.id}
          provider={provider}
          redirectUri={query.data.redirectUris[index] ?? ""}
        />
      ))}
    </Stack>
  );
}
