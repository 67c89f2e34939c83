/** What happened to the apps, newest first: who moved what, when and why. */
import { Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { regionName } from "../../../base/places.ts";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import {
  useFormat,
  useKit,
  useLanguage,
  useLive,
  useLiveApp,
} from "../../../layers/presentation/context.tsx";
import { itemsOf, type JournalRow } from "../../../layers/presentation/live/live-state.ts";
import { useAppName } from "../../../layers/presentation/use-app-name.ts";
import { MOVES } from "../../../layers/routing/pause.ts";
import classes from "./console.module.css";

const ROWS = 30;
/** The pause of a move is told a moment after the move itself: asked for again until it is there. */
const ASK_EVERY_MS = 1000;
const ASK_FOR_MS = 30_000;

function isPauseDue(rows: readonly JournalRow[] | undefined): boolean {
  const moved = rows?.find(({ cause }) => MOVES.has(cause));
  return moved !== undefined && moved.pauseMs === undefined && Date.now() - moved.at < ASK_FOR_MS;
}

function Pause({ row }: { readonly row: JournalRow }) {
  const { t } = useTranslation("console");
  const format = useFormat();
  const objectives = useLiveApp(row.app)?.objectives;
  const { pauseMs, pauseSince } = row;
  if (pauseMs === undefined) return <>–</>;
  const time = format.span(pauseMs);
  return (
    <span title={t(`journal.since.${pauseSince ?? "heard"}`)}>
      {pauseSince === "start" ? t("journal.atLeast", { time }) : time}{" "}
      {objectives !== undefined && pauseMs > objectives.rtoMs ? (
        <Chip tone="danger">{t("app.beyond")}</Chip>
      ) : null}
    </span>
  );
}

export function JournalPanel() {
  const { t } = useTranslation(["console", "kit"]);
  const appName = useAppName();
  const { api } = useKit();
  const format = useFormat();
  const language = useLanguage();
  const versions = useLive().apps.map((app) => `${app.app}:${app.version}`);
  const query = useQuery({
    // A new version of any record is a new line of the journal.
    queryKey: ["journal", versions.join(" ")],
    queryFn: async ({ signal }) =>
      itemsOf<JournalRow>(await api.get("/routing/journal", signal), "journal"),
    placeholderData: (before) => before,
    refetchInterval: ({ state }) => (isPauseDue(state.data) ? ASK_EVERY_MS : false),
  });
  const cities = (ids: readonly string[]): string =>
    ids.map((id) => regionName(id, language)).join(", ") || "–";
  const rows = query.data?.slice(0, ROWS);
  return (
    <section aria-labelledby="journal-title" className={classes.section}>
      <Title order={2} size="h4" id="journal-title">
        {t("journal.title")}
      </Title>
      {rows === undefined && !query.isError ? <Loading rows={1} height={140} /> : null}
      {rows === undefined && query.isError ? (
        <LoadFailed error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {rows?.length === 0 ? <Text c="dimmed">{t("journal.empty")}</Text> : null}
      {rows === undefined || rows.length === 0 ? null : (
        <Table.ScrollContainer minWidth={1060} className={classes.table}>
          <Table verticalSpacing="xs">
            <Table.Thead>
              <Table.Tr>
                <Table.Th scope="col">{t("journal.when")}</Table.Th>
                <Table.Th scope="col">{t("journal.app")}</Table.Th>
                <Table.Th scope="col">{t("journal.cause")}</Table.Th>
                <Table.Th scope="col">{t("journal.from")}</Table.Th>
                <Table.Th scope="col">{t("journal.to")}</Table.Th>
                <Table.Th scope="col">{t("journal.pause")}</Table.Th>
                <Table.Th scope="col">{t("journal.epoch")}</Table.Th>
                <Table.Th scope="col">{t("journal.by")}</Table.Th>
                <Table.Th scope="col">{t("journal.reason")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((row) => (
                <Table.Tr key={`${row.app} ${row.version}`}>
                  <Table.Td className={classes.nowrap}>{format.moment(row.at)}</Table.Td>
                  <Table.Td className={classes.nowrap}>{appName(row.app)}</Table.Td>
                  <Table.Td>
                    <Chip>{t(`cause.${row.cause}`, { defaultValue: row.cause })}</Chip>
                  </Table.Td>
                  <Table.Td>{cities(row.from)}</Table.Td>
                  <Table.Td>{cities(row.to)}</Table.Td>
                  <Table.Td className={classes.nowrap}>
                    <Pause row={row} />
                  </Table.Td>
                  <Table.Td>{format.number(row.epoch)}</Table.Td>
                  <Table.Td>{row.by}</Table.Td>
                  <Table.Td className={classes.written}>
                    {row.acceptedDataLoss ? (
                      <Chip tone="warning">{t("journal.lossAccepted")}</Chip>
                    ) : null}{" "}
                    {row.reason}
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </section>
  );
}
