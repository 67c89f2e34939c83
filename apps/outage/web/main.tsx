/** In the place of every page while no region answers: says so, and opens that page when one does. */
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { PageFrame } from "../../../layers/presentation/components/page-frame.tsx";
import { useLive } from "../../../layers/presentation/context.tsx";
import { mountPage } from "../../../layers/presentation/mount.tsx";
import { usePageTitle } from "../../../layers/presentation/use-page-title.ts";
import { catalogue } from "./catalogue.ts";

/** So long at least between two loads, where a region answers and its pages do not come. */
const RELOAD_MS = 1_000;

function Outage() {
  const { t } = useTranslation("outage");
  const { connection } = useLive();
  const isBack = connection === "live" || connection === "polling";
  usePageTitle(t("title"));
  useEffect(() => {
    if (!isBack) return;
    const timer = setTimeout(() => window.location.reload(), RELOAD_MS);
    return () => clearTimeout(timer);
  }, [isBack]);
  return (
    <PageFrame page="home">
      <Stack maw={680}>
        <Title order={1}>{t("title")}</Title>
        <Text role="status" size="lg">
          {t(isBack ? "back" : "what")}
        </Text>
        <Text>{t("kept")}</Text>
        <Text>{t("operators")}</Text>
        <Group>
          <Button onClick={() => window.location.reload()}>{t("again")}</Button>
          <Button component="a" href="/console/" variant="default">
            {t("console")}
          </Button>
        </Group>
      </Stack>
    </PageFrame>
  );
}

mountPage({ catalogue, children: <Outage /> });
