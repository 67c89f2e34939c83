/** The regions as cards: how they are, what they serve, and the buttons that break them. */
import { Button, Group, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { regionName } from "../../../base/places.ts";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { Empty, Loading } from "../../../layers/presentation/components/empty.tsx";
import { Notice } from "../../../layers/presentation/components/notice.tsx";
import { RegionName } from "../../../layers/presentation/components/region-badge.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { useFormat, useLanguage, useLive } from "../../../layers/presentation/context.tsx";
import type { LiveRegion } from "../../../layers/presentation/live/live-state.ts";
import { useWrite, type Write } from "../../../layers/presentation/use-write.ts";
import classes from "./console.module.css";
import { type Fault, useFaultsAvailable, useInjectFault } from "./control.ts";
import { useOperator } from "./operator.tsx";

interface Injection {
  readonly kind: Fault;
  readonly regions: readonly string[];
}

interface FaultButtonsProps {
  readonly region: LiveRegion;
  readonly write: Write<Injection>;
}

function FaultButtons({ region, write }: FaultButtonsProps) {
  const { t } = useTranslation("console");
  const language = useLanguage();
  const name = regionName(region.id, language);
  const kinds: readonly Fault[] = region.up
    ? ["kill", "freeze", "thaw", "partition", "heal"]
    : ["restart", "thaw", "heal"];
  return (
    <Group gap={6}>
      {kinds.map((kind) => (
        <Button
          key={kind}
          size="compact-sm"
          variant={kind === "kill" ? "filled" : "default"}
          color={kind === "kill" ? "red.8" : undefined}
          disabled={write.busy}
          title={t(`fault.${kind}Full`, { region: name })}
          aria-label={t(`fault.${kind}Full`, { region: name })}
          onClick={() => write.start({ kind, regions: [region.id] })}
        >
          {t(`fault.${kind}`)}
        </Button>
      ))}
    </Group>
  );
}

function Card({
  region,
  write,
}: {
  readonly region: LiveRegion;
  readonly write?: Write<Injection>;
}) {
  const { t } = useTranslation(["console", "kit"]);
  const format = useFormat();
  const serves = useLive()
    .apps.filter((app) => app.servingRegions.includes(region.id))
    .map((app) => t(`kit:app.${app.app as "tickets"}`, { defaultValue: app.app }));
  return (
    <li className={classes.card}>
      <Group justify="space-between" gap="xs">
        <RegionName id={region.id} />
        <Group gap={6}>
          <Chip tone={region.up ? "ok" : "danger"}>
            {t(region.up ? "region.up" : "region.down")}
          </Chip>
          {region.up ? (
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
      {write === undefined ? null : <FaultButtons region={region} write={write} />}
    </li>
  );
}

function Cards() {
  const { t } = useTranslation("console");
  const { regions } = useLive();
  const available = useFaultsAvailable();
  const operator = useOperator();
  const inject = useInjectFault();
  const [done, setDone] = useState<Fault>();
  const write = useWrite<Injection, void>({
    send: ({ kind, regions: ids }, key, signal) => inject(kind, ids, key, signal),
    onDone: (_, { kind }) => setDone(kind),
    onFailed: (problem) => {
      const isRefused = problem.code === "unauthenticated" || problem.code === "forbidden";
      if (isRefused) operator.refused();
      return isRefused;
    },
  });
  return (
    <>
      <ul className={classes.cards}>
        {regions.map((region) => (
          <Card key={region.id} region={region} {...(available ? { write } : {})} />
        ))}
      </ul>
      {available ? (
        <Group justify="space-between" mt="xs">
          <Text size="sm" c="dimmed">
            {t("fault.lead")}
          </Text>
          <Button
            size="compact-sm"
            variant="default"
            disabled={write.busy}
            onClick={() => write.start({ kind: "heal", regions: [] })}
          >
            {t("fault.healAll")}
          </Button>
        </Group>
      ) : null}
      <WriteNotice write={write} />
      <div role="status" aria-live="polite">
        {done !== undefined && write.state.phase === "idle" ? (
          <Notice tone="ok">{t("fault.done", { action: t(`fault.${done}`) })}</Notice>
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
