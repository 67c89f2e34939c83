/** What regions held beyond a cut, for operators: each verdict, and both values. */
import { Button, Code, Group, Text, Title } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { regionName } from "../../../base/places.ts";
import { refreshEvery } from "../../../layers/presentation/api/refresh.ts";
import { Chip, type ChipTone } from "../../../layers/presentation/components/chip.tsx";
import { LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import { useFormat, useKit, useLanguage } from "../../../layers/presentation/context.tsx";
import { useAppName } from "../../../layers/presentation/use-app-name.ts";
import type { LateItem, LateWrite, Verdict } from "../../../layers/routing/late.ts";
import classes from "./console.module.css";
import { useOperator } from "./operator.tsx";

interface SentPage {
  readonly items: readonly LateWrite[];
  readonly cursor?: string;
  readonly readAt: string;
  readonly dataAgeMs: number | null;
}

const PATH = "/routing/late-writes?limit=20";
const ASK_EVERY_MS = 5_000;

const TONE: Readonly<Record<Verdict, ChipTone>> = {
  recovered: "ok",
  superseded: "warning",
  partly: "warning",
  "never-acknowledged": "plain",
};

export function LatePanel() {
  const { t } = useTranslation("console");
  const { api } = useKit();
  const { may, name, token } = useOperator();
  const query = useInfiniteQuery({
    queryKey: ["late-writes", token, name],
    enabled: may,
    refetchInterval: refreshEvery(ASK_EVERY_MS),
    initialPageParam: "",
    queryFn: async ({ pageParam, signal }) => {
      const path = pageParam === "" ? PATH : `${PATH}&cursor=${encodeURIComponent(pageParam)}`;
      const bearer = token === undefined ? {} : { bearer: token };
      return (await api.request<SentPage>("GET", path, { ...bearer, signal })).value;
    },
    getNextPageParam: ({ cursor }) => cursor,
  });
  if (!may) return null;
  const pages = query.data?.pages;
  const all = pages?.flatMap(({ items }) => items);
  return (
    <section aria-labelledby="late-title" className={classes.section}>
      <Title order={2} size="h4" id="late-title">
        {t("late.title")}
      </Title>
      <Text size="sm" c="dimmed">
        {t("late.lead")}
      </Text>
      {all === undefined && !query.isError ? <Loading rows={1} /> : null}
      {all === undefined && query.isError ? (
        <LoadFailed error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {all?.length === 0 ? <Text c="dimmed">{t("late.empty")}</Text> : null}
      {all === undefined || all.length === 0 ? null : (
        <ul className={classes.late}>
          {all.map((late) => (
            <Late key={`${late.app} ${late.epoch} ${late.region} ${late.position}`} late={late} />
          ))}
        </ul>
      )}
      {pages?.[0] === undefined ? null : <CopyNote page={pages[0]} />}
      {query.hasNextPage ? (
        <Group>
          <Button
            size="compact-sm"
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t("late.more")}
          </Button>
        </Group>
      ) : null}
    </section>
  );
}

/** Silent where the region that answered serves every app. */
function CopyNote({ page: { readAt, dataAgeMs } }: { readonly page: SentPage }) {
  const { t } = useTranslation("console");
  const format = useFormat();
  const region = regionName(readAt, useLanguage());
  if (dataAgeMs === 0) return null;
  return (
    <Text size="sm" c="dimmed">
      {dataAgeMs === null
        ? t("late.copyUnknown", { region })
        : t("late.copy", { region, age: format.span(dataAgeMs) })}
    </Text>
  );
}

function Late({ late }: { readonly late: LateWrite }) {
  const { t } = useTranslation(["console", "kit"]);
  const appName = useAppName();
  const format = useFormat();
  const language = useLanguage();
  const { app, verdict, region, epoch, writtenAt, judgedAt, judgedBy, items } = late;
  const written = { region: regionName(region, language), epoch, at: format.moment(writtenAt) };
  const judged = { region: regionName(judgedBy, language), at: format.moment(judgedAt) };
  return (
    <li className={classes.card}>
      <Group justify="space-between" gap={8}>
        <Title order={3} size="h5">
          {appName(app)}
        </Title>
        <Chip tone={TONE[verdict]}>{t(`late.verdict.${verdict}`)}</Chip>
      </Group>
      <Text size="sm" c="dimmed">
        {t("late.written", written)}; {t("late.judged", judged)}
      </Text>
      {items.map((item) => (
        <Item key={`${item.table} ${item.key.partition} ${item.key.sort}`} item={item} />
      ))}
    </li>
  );
}

function Item({ item }: { readonly item: LateItem }) {
  const { t } = useTranslation("console");
  const { table, key, outcome, hidden, late, kept } = item;
  return (
    <div className={classes.lateItem}>
      <Group gap={8}>
        <span className={classes.address}>
          {table} {key.partition}
          {key.sort === "" ? null : ` / ${key.sort}`}
        </span>
        <Chip tone={outcome === "recovered" ? "ok" : "warning"}>
          {t(`late.outcome.${outcome}`)}
        </Chip>
      </Group>
      {hidden ? (
        <Text size="sm" c="dimmed">
          {t("late.hidden")}
        </Text>
      ) : (
        <dl className={classes.values}>
          <Value term={t("late.lateValue")} value={late} />
          <Value term={t("late.keptValue")} value={kept} />
        </dl>
      )}
    </div>
  );
}

function Value({ term, value }: { readonly term: string; readonly value: LateItem["late"] }) {
  const { t } = useTranslation("console");
  return (
    <div>
      <dt>{term}</dt>
      <dd>
        {value === null || value === undefined ? (
          <Text size="sm">{t("late.nothing")}</Text>
        ) : (
          <Code block className={classes.value ?? ""} tabIndex={0}>
            {JSON.stringify(value, null, 2)}
          </Code>
        )}
      </dd>
    </div>
  );
}
