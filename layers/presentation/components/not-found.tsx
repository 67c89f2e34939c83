/** In the place of a page that does not exist. */
import { Anchor, Code, Group, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { usePageTitle } from "../use-page-title.ts";

export function NotFound() {
  const { t } = useTranslation("kit");
  usePageTitle(t("missing.title"));
  return (
    <Stack maw={680}>
      <Title order={1} size="h2">
        {t("missing.title")}
      </Title>
      <Text>
        {t("missing.what")} <Code>{window.location.pathname}</Code>
      </Text>
      <Group>
        <Anchor href="/">{t("app.home")}</Anchor>
        <Anchor href="/tickets/">{t("app.tickets")}</Anchor>
        <Anchor href="/console/">{t("app.console")}</Anchor>
      </Group>
    </Stack>
  );
}
