/** The console: composition. */
import { Stack, Text, Title } from "@mantine/core";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { regionName } from "../../../base/places.ts";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { NotFound } from "../../../layers/presentation/components/not-found.tsx";
import { Notice } from "../../../layers/presentation/components/notice.tsx";
import { PageFrame } from "../../../layers/presentation/components/page-frame.tsx";
import { useFormat, useLanguage, useLive } from "../../../layers/presentation/context.tsx";
import type { LiveApp } from "../../../layers/presentation/live/live-state.ts";
import { mountPage } from "../../../layers/presentation/mount.tsx";
import { useAppName } from "../../../layers/presentation/use-app-name.ts";
import { AppsPanel } from "./apps-panel.tsx";
import { catalogue } from "./catalogue.ts";
import { ChecksPanel } from "./checks-panel.tsx";
import classes from "./console.module.css";
import type { Action } from "./decision.ts";
import { DecisionDialog } from "./decision-dialog.tsx";
import { JournalPanel } from "./journal-panel.tsx";
import { LatePanel } from "./late-panel.tsx";
import { LinksPanel } from "./links-panel.tsx";
import { OperatorButton, OperatorProvider, useOperator } from "./operator.tsx";
import { OutageWatch } from "./outage-watch.tsx";
import { OutboxPanel } from "./outbox-panel.tsx";
import { RegionsPanel } from "./regions-panel.tsx";

function Head() {
  const { t } = useTranslation("console");
  const { connection } = useLive();
  const operator = useOperator();
  return (
    <>
      <div className={classes.head}>
        <Title order={1} size="h2">
          {t("title")}
        </Title>
        <span role="status" aria-live="polite">
          <Chip
            tone={connection === "live" ? "ok" : connection === "offline" ? "danger" : "warning"}
          >
            {t(`connection.${connection}`)}
          </Chip>
        </span>
      </div>
      <Text c="dimmed">
        {t("lead")} {operator.may ? null : t("operator.needed")}
      </Text>
    </>
  );
}

interface Done {
  readonly action: Action;
  readonly record: Partial<LiveApp>;
}

function DoneNotice({ done }: { readonly done: Done | undefined }) {
  const { t } = useTranslation(["console", "kit"]);
  const appName = useAppName();
  const format = useFormat();
  const language = useLanguage();
  return (
    <div role="status" aria-live="polite">
      {done === undefined ? null : (
        <Notice tone="ok">
          {t("decide.done", {
            action: t(`action.${done.action}`),
            app: appName(done.record.app ?? ""),
            epoch: done.record.epoch ?? "–",
            serving: format.list(
              (done.record.servingRegions ?? []).map((id) => regionName(id, language)),
            ),
          })}
        </Notice>
      )}
    </div>
  );
}

function Console() {
  const { t } = useTranslation("console");
  const [decision, setDecision] = useState<{ app: string; action: Action }>();
  const [done, setDone] = useState<Done>();
  useEffect(() => {
    document.title = `${t("title")} – Understudy`;
  }, [t]);
  return (
    <OperatorProvider>
      <PageFrame page="console" account={<OperatorButton />}>
        <OutageWatch />
        <Stack gap="xl">
          <Stack gap="xs">
            <Head />
            <DoneNotice done={done} />
          </Stack>
          <RegionsPanel />
          <AppsPanel onAction={(app, action) => setDecision({ app, action })} />
          <LinksPanel />
          <ChecksPanel />
          <JournalPanel />
          <LatePanel />
          <OutboxPanel />
        </Stack>
        <DecisionDialog
          decision={decision}
          onClose={() => setDecision(undefined)}
          onDone={(action, record) => {
            setDone({ action, record: { app: decision?.app, ...record } });
            setDecision(undefined);
          }}
        />
      </PageFrame>
    </OperatorProvider>
  );
}

const isHere = window.location.pathname === "/console/";

mountPage({
  catalogue,
  children: isHere ? (
    <Console />
  ) : (
    <PageFrame page="console">
      <NotFound />
    </PageFrame>
  ),
});
