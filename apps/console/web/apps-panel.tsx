/** Every app with its routing record, how far the regions are behind it, and what can be done. */
import { Button, Group, Title } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { regionName } from "../../../base/places.ts";
import { Chip, type ChipTone } from "../../../layers/presentation/components/chip.tsx";
import { Empty, Loading } from "../../../layers/presentation/components/empty.tsx";
import { RegionName } from "../../../layers/presentation/components/region-badge.tsx";
import { useFormat, useLanguage, useLive } from "../../../layers/presentation/context.tsx";
import type { LiveApp } from "../../../layers/presentation/live/live-state.ts";
import { useAppName } from "../../../layers/presentation/use-app-name.ts";
import classes from "./console.module.css";
import { type Action, actionsOf } from "./decision.ts";
import { useOperator } from "./operator.tsx";

const STATE_TONE: Readonly<Record<LiveApp["state"], ChipTone>> = {
  active: "ok",
  fenced: "warning",
  failover: "info",
};

function Fact({
  term,
  children,
  hint,
}: {
  readonly term: string;
  readonly hint?: string;
  readonly children: ReactNode;
}) {
  return (
    <div className={classes.fact} title={hint}>
      <dt>{term}</dt>
      <dd>{children}</dd>
    </div>
  );
}

const Names = ({ ids }: { readonly ids: readonly string[] }) =>
  ids.length === 0 ? (
    <>–</>
  ) : (
    <span className={classes.names}>
      {ids.map((id) => (
        <RegionName key={id} id={id} />
      ))}
    </span>
  );

function AtRisk({ app }: { readonly app: LiveApp }) {
  const { t } = useTranslation("console");
  const format = useFormat();
  const language = useLanguage();
  const names = (ids: readonly string[]) => format.list(ids.map((id) => regionName(id, language)));
  const silent = Object.keys(app.lag).filter((id) => app.lag[id]?.writes === null);
  const why = {
    "holder-silent":
      app.servingRegions.length === 0
        ? t("app.noneServes")
        : t("unknown.holder", { region: names(app.servingRegions) }),
    "peer-silent": t("unknown.peer", { region: names(silent) || "–", epoch: app.epoch }),
  };
  const { writesAtRisk, unknown } = app;
  return (
    <Fact term={t("app.atRisk")} hint={t("app.atRiskHint")}>
      <Chip tone={writesAtRisk === 0 ? "ok" : "warning"}>
        {writesAtRisk === null ? t("unknown.number") : format.number(writesAtRisk)}
      </Chip>
      {unknown === undefined ? null : <span className={classes.term}> {why[unknown]}</span>}
    </Fact>
  );
}

/** Nothing while no list has said what the app is to be judged by. */
function Terms({ app }: { readonly app: LiveApp }) {
  const { t } = useTranslation("console");
  const format = useFormat();
  const { objectives, minInSync = 1, takeover, inSyncRegions } = app;
  return (
    <>
      {objectives === undefined ? null : (
        <Fact term={t("app.objectives")} hint={t("app.objectivesHint")}>
          {t(objectives.rpoMs === 0 ? "app.objectivesNothing" : "app.objectivesText", {
            back: format.span(objectives.rtoMs),
            lost: format.span(objectives.rpoMs),
          })}
        </Fact>
      )}
      {minInSync <= 1 ? null : (
        <Fact term={t("app.minInSync")} hint={t("app.minInSyncHint")}>
          <Chip tone={inSyncRegions.length < minInSync ? "danger" : "ok"}>
            {t("app.minInSyncText", {
              inSync: format.number(inSyncRegions.length),
              least: format.number(minInSync),
            })}
          </Chip>
        </Fact>
      )}
      {!takeover ? null : (
        <Fact term={t("app.takeover")} hint={t("app.takeoverHint")}>
          <Chip tone={takeover.state === "failed" ? "danger" : "info"}>
            {t(`app.takeoverState.${takeover.state}`, { step: takeover.step })}
          </Chip>
          {takeover.reason === undefined ? null : (
            <span className={classes.term}> {takeover.reason}</span>
          )}
        </Fact>
      )}
    </>
  );
}

/** Time for which a `local` app has writes in one region only, where that is beyond its objective. */
function isBeyond(app: LiveApp, ms: number | null): boolean {
  return app.durability === "local" && ms !== null && ms > (app.objectives?.rpoMs ?? ms);
}

/** Why no region may write, whatever the record says; undefined while one may. */
function useNobody(app: LiveApp) {
  const { majority } = useLive().voters;
  if (majority === false) return "voters.noWriter";
  return app.servingRegions.length === 0 ? "app.noneServes" : undefined;
}

function Facts({ app }: { readonly app: LiveApp }) {
  const { t } = useTranslation(["console", "kit"]);
  const format = useFormat();
  const language = useLanguage();
  const nobody = useNobody(app);
  const lags = Object.entries(app.lag).filter(([id]) => !app.servingRegions.includes(id));
  return (
    <dl className={classes.facts}>
      <Fact term={t("app.serving")}>
        <Names ids={app.servingRegions} />
      </Fact>
      <Fact term={t("app.primary")}>
        <Names ids={[app.primary]} />
      </Fact>
      <Fact term={t("app.inSync")}>
        <Names ids={app.inSyncRegions} />
      </Fact>
      <Fact term={t("app.mode")}>{t(`kit:mode.${app.mode}`)}</Fact>
      <Fact term={t("app.phase")}>
        {t(app.phase === "fenced" ? "app.phaseFenced" : (nobody ?? "app.phaseServing"))}
      </Fact>
      <Fact term={t("app.durability")}>
        {t(app.durability === "local" ? "app.durabilityLocal" : "app.durabilityReplicated")}
      </Fact>
      <Fact term={t("app.policy")}>
        {t(app.policy === "manual" ? "app.policyManual" : "app.policyAutomatic")}
      </Fact>
      <Terms app={app} />
      <AtRisk app={app} />
      {lags.map(([id, lag]) => (
        <Fact key={id} term={`${t("app.lag")}: ${regionName(id, language)}`}>
          {lag.writes === null
            ? t("unknown.number")
            : t("app.lagText", {
                writes: format.number(lag.writes),
                time: lag.ms === null ? t("unknown.time") : format.span(lag.ms),
              })}
          {isBeyond(app, lag.ms) ? <Chip tone="danger">{t("app.beyond")}</Chip> : null}
        </Fact>
      ))}
    </dl>
  );
}

interface AppCardProps {
  readonly app: LiveApp;
  readonly onAction: (app: string, action: Action) => void;
}

function AppCard({ app, onAction }: AppCardProps) {
  const { t } = useTranslation(["console", "kit"]);
  const appName = useAppName();
  const operator = useOperator();
  const nobody = useNobody(app);
  const name = appName(app.app);
  return (
    <li className={classes.card}>
      <Group justify="space-between">
        <Title order={3} size="h5">
          {name}
        </Title>
        <Group gap={6}>
          <Chip>
            {t("app.epoch")} {app.epoch}
          </Chip>
          {nobody === undefined ? (
            <Chip tone={STATE_TONE[app.state]}>{t(`kit:state.${app.state}`)}</Chip>
          ) : (
            <Chip tone="danger">{t(nobody)}</Chip>
          )}
        </Group>
      </Group>
      <Facts app={app} />
      {!operator.may ? null : (
        <Group gap={6} role="group" aria-label={t("app.actions", { app: name })}>
          {actionsOf(app).map((action) => (
            <Button
              key={action}
              size="compact-sm"
              variant="default"
              onClick={() => onAction(app.app, action)}
            >
              {t(`action.${action}`)} …
            </Button>
          ))}
        </Group>
      )}
    </li>
  );
}

export function AppsPanel({ onAction }: Pick<AppCardProps, "onAction">) {
  const { t } = useTranslation("console");
  const { apps, connection } = useLive();
  return (
    <section aria-labelledby="apps-title" className={classes.section}>
      <Title order={2} size="h4" id="apps-title">
        {t("app.title")}
      </Title>
      {apps.length === 0 && connection === "connecting" ? <Loading rows={1} height={200} /> : null}
      {apps.length === 0 && connection !== "connecting" ? <Empty title={t("app.none")} /> : null}
      <ul className={classes.apps}>
        {apps.map((app) => (
          <AppCard key={app.app} app={app} onAction={onAction} />
        ))}
      </ul>
    </section>
  );
}
