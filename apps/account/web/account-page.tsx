/** One's own account: who, where signed in, the password, other ways to sign in. */
import { Button, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Loading } from "../../../layers/presentation/components/empty.tsx";
import { useProviders } from "../../../layers/presentation/components/provider-buttons.tsx";
import { SignInNeeded } from "../../../layers/presentation/components/sign-in-needed.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { type Me, useKit, useMe } from "../../../layers/presentation/context.tsx";
import { usePageTitle } from "../../../layers/presentation/use-page-title.ts";
import { useWrite } from "../../../layers/presentation/use-write.ts";
import classes from "./account.module.css";
import { PasswordPanel } from "./password-panel.tsx";
import { SessionsPanel } from "./sessions-panel.tsx";

const ROLES = ["user", "agent", "editor", "operator"] as const;

function Facts({ me }: { readonly me: Me & { readonly email?: string } }) {
  const { t } = useTranslation("account");
  const roles = ROLES.filter((role) => me.roles?.includes(role)).map((role) => t(`role.${role}`));
  return (
    <dl className={classes.facts}>
      <dt>{t("who.username")}</dt>
      <dd>{me.username}</dd>
      <dt>{t("who.email")}</dt>
      <dd>{me.email ?? t("who.none")}</dd>
      <dt>{t("who.roles")}</dt>
      <dd>{roles.join(", ")}</dd>
    </dl>
  );
}

function ProvidersPanel() {
  const { t } = useTranslation("account");
  const { api } = useKit();
  const ready = useProviders().data?.items.filter((provider) => provider.ready) ?? [];
  const add = useWrite<string, { readonly location: string }>({
    send: async (id, key, signal) => {
      const path = `/identity/federation/${encodeURIComponent(id)}`;
      const body = { returnTo: "/account/" };
      return (await api.request<{ location: string }>("POST", path, { body, key, signal })).value;
    },
    onDone: ({ location }) => window.location.assign(location),
  });
  if (ready.length === 0) return null;
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t("providers.title")}
      </Title>
      <Group>
        {ready.map(({ id, title }) => (
          <Button key={id} variant="default" loading={add.busy} onClick={() => add.start(id)}>
            {t("providers.add", { provider: title })}
          </Button>
        ))}
      </Group>
      <WriteNotice write={add} />
    </section>
  );
}

export function AccountPage() {
  const { t } = useTranslation("account");
  usePageTitle(t("title"));
  const me = useMe();
  return (
    <Stack maw={760} gap="xl">
      <Title order={1} size="h2">
        {t("title")}
      </Title>
      {me === null ? <SignInNeeded /> : null}
      {me === undefined ? <Loading rows={3} /> : null}
      {me ? (
        <>
          <Paper withBorder p="lg" bg="var(--understudy-surface)">
            <Facts me={me} />
          </Paper>
          <SessionsPanel />
          <PasswordPanel />
          <ProvidersPanel />
          <Text size="sm" c="dimmed">
            {t("sessions.intro")}
          </Text>
        </>
      ) : null}
    </Stack>
  );
}
