/** The regions as cards: how they are, what they serve, and the buttons that break them. */
import { Button, Group, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { Empty, Loading } from "../../../layers/presentation/components/empty.tsx";
import { Notice } from "../../../layers/presentation/components/notice.tsx";
import { RegionName } from "../../../layers/presentation/components/region-badge.tsx";
import { TimeAgo } from "../../../layers/presentation/components/time-ago.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { useFormat, useLive } from "../../../layers/presentation/context.tsx";
import type { LiveRegion } from "../../../layers/presentation/live/live-state.ts";
import { useAppName } from "../../../layers/presentation/use-app-name.ts";
import { useWrite, type Write } from "../../../layers/presentation/use-write.ts";
import type { VoterView } from "../../../layers/routing/voters.ts";
import classes from "./console.module.css";
import { type Broken, useBroken, useInjectFault } from "./control.ts";
import { CrashMark } from "./crash-mark.tsx";
import { FaultButtons, FaultMarks, type Injection, useSiteName } from "./fault-marks.tsx";
import { useOperator } from "./operator.tsx";
import { VotersNotice } from "./voters-notice.tsx";

interface Breakable extends Broken {
  readonly write: Write<Injection>;
}

/** Whether its voter answers the region that tells; says since when it does not. */
function VoterChip({ voter }: { readonly voter: VoterView | undefined }) {
  const { t } = useTranslation("console");
  if (voter?.isRecovering === true) return <Chip tone="warning">{t("voters.recovering")}</Chip>;
  if (voter?.answers !== false) return null;
  return (
    <Chip tone="danger">
      {t("voters.silent")} {voter.since === null ? null : <TimeAgo at={voter.since} />}
    </Chip>
  );
}

function WitnessCard({
  voter,
  broken,
}: {
  readonly voter: VoterView;
  readonly broken?: Breakable;
}) {
  const { t } = useTranslation("console");
  const isKilled = broken?.faults.some(
    ({ kind, sites }) => kind === "kill" && sites.includes(voter.id),
  );
  return (
    <li className={classes.card}>
      <Group justify="space-between" gap="xs">
        <strong>{t("check.witness")}</strong>
        <VoterChip voter={voter} />
        {voter.answers === true ? <Chip tone="ok">{t("voters.answers")}</Chip> : null}
        {voter.answers === null ? <Chip>{t("unknown.number")}</Chip> : null}
      </Group>
      <Text size="sm">{t("voters.witness")}</Text>
      {broken === undefined ? null : (
        <>
          <FaultMarks site={voter.id} faults={broken.faults} />
          <FaultButtons site={voter.id} isUp={isKilled !== true} {...broken} />
        </>
      )}
    </li>
  );
}

function Card({ region, broken }: { readonly region: LiveRegion; readonly broken?: Breakable }) {
  const { t } = useTranslation(["console", "kit"]);
  const appName = useAppName();
  const format = useFormat();
  const { apps, voters } = useLive();
  const voter = voters.voters.find(({ id }) => id === region.id);
  const isHeard = voter?.answers !== false;
  const serves = apps
    .filter((app) => app.servingRegions.includes(region.id))
    .map((app) => appName(app.app));
  return (
    <li className={classes.card}>
      <Group justify="space-between" gap="xs">
        <RegionName id={region.id} />
        <Group gap={6}>
          <Chip tone={region.up ? "ok" : "danger"}>
            {t(region.up ? "region.up" : "region.down")}
          </Chip>
          {region.up ? <VoterChip voter={voter} /> : null}
          {region.up && isHeard ? (
            <Chip tone={region.healthy ? "ok" : "danger"}>
              {t(region.healthy ? "region.healthy" : "region.unhealthy")}
            </Chip>
          ) : null}
        </Group>
      </Group>
      <Text size="sm">
        <span className={classes.term}>{t("region.serves")}: </span>
        {serves.length > 0 ? format.list(serves) : t("region.servesNothing")}
      </Text>
      <Group justify="space-between" gap="xs">
        <a className={classes.address} href={region.url} title={t("region.open")}>
          {region.url}
        </a>
        <span className={classes.term} title={t("region.startHint")}>
          {t("region.start", { count: region.incarnation })}
        </span>
      </Group>
      {broken === undefined ? null : (
        <>
          <CrashMark crashes={broken.crashes.find(({ id }) => id === region.id)} />
          <FaultMarks site={region.id} faults={broken.faults} />
          <FaultButtons site={region.id} isUp={region.up} {...broken} />
        </>
      )}
    </li>
  );
}

function Cards() {
  const { t } = useTranslation("console");
  const { regions, voters } = useLive();
  const known = useBroken();
  const nameOf = useSiteName();
  const operator = useOperator();
  const inject = useInjectFault();
  const [done, setDone] = useState<Injection>();
  const write = useWrite<Injection, void>({
    send: ({ kind, regions: ids }, key, signal) => inject(kind, ids, key, signal),
    onDone: (_, injection) => setDone(injection),
    onFailed: (problem) => {
      const isRefused = problem.code === "unauthenticated" || problem.code === "forbidden";
      if (isRefused) operator.refused();
      return isRefused;
    },
  });
  const broken = known === undefined ? {} : { broken: { ...known, write } };
  const witness = voters.voters.find(({ kind }) => kind === "witness");
  return (
    <>
      <VotersNotice />
      <ul className={classes.cards}>
        {regions.map((region) => (
          <Card key={region.id} region={region} {...broken} />
        ))}
        {witness === undefined ? null : <WitnessCard voter={witness} {...broken} />}
      </ul>
      {known !== undefined ? (
        <Group justify="space-between" mt="xs">
          <Text size="sm" c="dimmed">
            {t("fault.lead")}
          </Text>
          <Button
            size="compact-sm"
            variant="default"
            disabled={write.busy || known.faults.every(({ kind }) => kind === "kill")}
            onClick={() => write.start({ kind: "heal", regions: [] })}
          >
            {t("fault.healAll")}
          </Button>
        </Group>
      ) : null}
      <WriteNotice write={write} />
      <div role="status" aria-live="polite">
        {done !== undefined && write.state.phase === "idle" ? (
          <Notice tone="ok">
            {done.regions.length === 0
              ? t("fault.done", { action: t("fault.healAll") })
              : t("fault.done", {
                  action: t(`fault.${done.kind}Full`, { region: nameOf(done.regions[0] ?? "") }),
                })}
          </Notice>
        ) : null}
      </div>
    </>
  );
}

export function RegionsPanel() {
  const { t } = useTranslation("console");
  const { regions, connection } = useLive();
  return (
    <section aria-labelledby="regions-title" className={classes.section}>
      <Title order={2} size="h4" id="regions-title">
        {t("region.title")}
      </Title>
      {regions.length > 0 ? <Cards /> : null}
      {regions.length === 0 && connection === "connecting" ? (
        <Loading rows={2} height={120} />
      ) : null}
      {regions.length === 0 && connection !== "connecting" ? (
        <Empty title={t("region.none")} />
      ) : null}
    </section>
  );
}
