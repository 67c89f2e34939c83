/** The voters' health checks: who finds what, and what went wrong last. Names follow them. */
import { Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { regionName } from "../../../base/places.ts";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import { RegionName } from "../../../layers/presentation/components/region-badge.tsx";
import { useFormat, useKit, useLanguage } from "../../../layers/presentation/context.tsx";
import { itemsOf } from "../../../layers/presentation/live/live-state.ts";
import type { HealthCheckView } from "../../../layers/routing/health-board.ts";
import classes from "./console.module.css";

const ASK_EVERY_MS = 2_000;
const CHANGES = 3;

export function ChecksPanel() {
  const { t } = useTranslation("console");
  const { api } = useKit();
  const query = useQuery({
    queryKey: ["health-checks"],
    queryFn: async ({ signal }) =>
      itemsOf<HealthCheckView>(await api.get("/routing/health-checks", signal), "checks"),
    refetchInterval: ASK_EVERY_MS,
    placeholderData: (before) => before,
  });
  const checks = query.data;
  return (
    <section aria-labelledby="checks-title" className={classes.section}>
      <Title order={2} size="h4" id="checks-title">
        {t("check.title")}
      </Title>
      <Text size="sm" c="dimmed">
        {t(checks?.length === 0 ? "check.none" : "check.lead")}
      </Text>
      {checks === undefined && !query.isError ? <Loading rows={1} height={100} /> : null}
      {checks === undefined && query.isError ? (
        <LoadFailed error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {checks === undefined || checks.length === 0 ? null : (
        <Table.ScrollContainer minWidth={760} className={classes.table}>
          <Table verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("check.check")}</Table.Th>
                <Table.Th scope="col">{t("check.region")}</Table.Th>
                <Table.Th scope="col">{t("check.verdict")}</Table.Th>
                <Table.Th scope="col">{t("check.voters")}</Table.Th>
                <Table.Th scope="col">{t("check.last")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {checks.map((check) => (
                <CheckRow key={`${check.check} ${check.region}`} check={check} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </section>
  );
}

function CheckRow({ check }: { readonly check: HealthCheckView }) {
  const { t } = useTranslation("console");
  const format = useFormat();
  const language = useLanguage();
  const { protocol, path, lastError } = check;
  const changes = check.history.filter((change) => change.voter === undefined).slice(0, CHANGES);
  const nameOf = (voter: string): string =>
    voter === "witness" ? t("check.witness") : regionName(voter, language);
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm">{check.check}</Text>
        <Text size="xs" c="dimmed" className={classes.address}>
          {protocol === "tcp" ? "tcp" : `${protocol} ${path}`}
        </Text>
      </Table.Td>
      <Table.Td>
        <RegionName id={check.region} />
      </Table.Td>
      <Table.Td>
        <Chip tone={check.healthy ? "ok" : "danger"}>
          {t(check.healthy ? "check.well" : "check.ill")}
        </Chip>
        {changes.map((change) => (
          <Text key={change.ageMs} size="xs" c="dimmed">
            {t(change.healthy ? "check.wellSince" : "check.illSince", {
              span: format.span(change.ageMs),
            })}
          </Text>
        ))}
      </Table.Td>
      <Table.Td>
        {check.voters.map((one) => (
          <Text key={one.voter} size="sm">
            {`${nameOf(one.voter)}: `}
            {one.silent ? t("check.silent") : t(one.healthy ? "check.well" : "check.ill")}
          </Text>
        ))}
      </Table.Td>
      <Table.Td>
        {lastError === undefined ? (
          "–"
        ) : (
          <>
            <Text size="sm">{lastError.reason}</Text>
            <Text size="xs" c="dimmed">
              {t("check.at", {
                voter: nameOf(lastError.voter),
                span: format.span(lastError.ageMs),
              })}
            </Text>
          </>
        )}
      </Table.Td>
    </Table.Tr>
  );
}
