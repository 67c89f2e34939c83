/** The landing page: what this is, three steps to try it, and how the regions are. */
import { Button, Code, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { useTranslation } from "react-i18next";
import { PageFrame } from "../../../layers/presentation/components/page-frame.tsx";
import { useLive } from "../../../layers/presentation/context.tsx";
import { mountPage } from "../../../layers/presentation/mount.tsx";
import { catalogue } from "./catalogue.ts";
import classes from "./landing.module.css";
import { Regions } from "./regions.tsx";

function Step({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <li className={classes.step}>
      <Title order={3} size="h5">
        {title}
      </Title>
      {children}
    </li>
  );
}

function Steps() {
  const { t } = useTranslation("landing");
  const { apps } = useLive();
  const serving =
    apps.find((app) => app.app === "tickets")?.servingRegions[0] ?? apps[0]?.servingRegions[0];
  return (
    <section aria-labelledby="steps-title">
      <Title order={2} size="h4" mb="sm" id="steps-title">
        {t("steps.title")}
      </Title>
      <ol className={classes.steps}>
        <Step title={t("steps.open")}>
          <Text>{t("steps.openBody")}</Text>
          <Button component="a" href="/tickets/">
            {t("steps.openLink")}
          </Button>
        </Step>
        <Step title={t("steps.kill")}>
          <Text>{t("steps.killOperator")}</Text>
          <Code block>npx understudy operator-link</Code>
          <Text>{t("steps.killCommand")}</Text>
          <Code block>npx understudy fault kill {serving ?? "eu-west-1"}</Code>
          <Button component="a" href="/console/" variant="default">
            {t("steps.killLink")}
          </Button>
        </Step>
        <Step title={t("steps.watch")}>
          <Text>{t("steps.watchBody")}</Text>
        </Step>
      </ol>
    </section>
  );
}

const APPS = ["tickets", "photos", "bookstore", "console"] as const;

function Apps() {
  const { t } = useTranslation(["landing", "kit"]);
  const known = useLive().apps.map((app) => app.app);
  const shown = APPS.filter((id) => id === "tickets" || id === "console" || known.includes(id));
  return (
    <section aria-labelledby="apps-title">
      <Title order={2} size="h4" mb="sm" id="apps-title">
        {t("apps.title")}
      </Title>
      <ul className={classes.apps}>
        {shown.map((id) => (
          <li key={id} className={classes.app}>
            <a href={`/${id}/`}>{t(`kit:app.${id}`)}</a>
            <Text size="sm" c="dimmed">
              {t(`apps.${id}`)}
            </Text>
          </li>
        ))}
        <li className={classes.app}>
          <a href="/openapi.json">OpenAPI</a>
          <Text size="sm" c="dimmed">
            {t("apps.openapi")}
          </Text>
        </li>
      </ul>
    </section>
  );
}

function Landing() {
  const { t } = useTranslation("landing");
  useEffect(() => {
    document.title = `Understudy – ${t("title")}`;
  }, [t]);
  return (
    <PageFrame page="home">
      <Stack gap={36}>
        <div className={classes.hero}>
          <Title order={1}>{t("title")}</Title>
          <Text size="lg" mt="sm">
            {t("what")}
          </Text>
        </div>
        <Regions />
        <Steps />
        <Apps />
      </Stack>
    </PageFrame>
  );
}

mountPage({ catalogue, children: <Landing /> });
