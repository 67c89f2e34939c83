/** Where one is signed in, and how to end that. */
import { Button, Group, Text, Title } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { regionName } from "../../../base/places.ts";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import { TimeAgo } from "../../../layers/presentation/components/time-ago.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { useIdentityChanged, useKit, useLanguage } from "../../../layers/presentation/context.tsx";
import { useWrite } from "../../../layers/presentation/use-write.ts";
import classes from "./account.module.css";
import { clientName } from "./client-name.ts";

interface SessionView {
  readonly id: string;
  readonly current: boolean;
  readonly createdOn: string;
  readonly usedOn: string;
  readonly region: string;
  readonly usedRegion: string;
  readonly client?: string;
}

function Row({
  session,
  onEnd,
  isBusy,
}: {
  readonly session: SessionView;
  readonly onEnd: (id: string) => void;
  readonly isBusy: boolean;
}) {
  const { t } = useTranslation("account");
  const language = useLanguage();
  const client = clientName(session.client) ?? t("sessions.unknown");
  return (
    <li className={classes.session}>
      <div className={classes.what}>
        <Group gap="xs">
          <strong>{client}</strong>
          {session.current ? <Chip tone="ok">{t("sessions.current")}</Chip> : null}
        </Group>
        <Text size="sm" c="dimmed">
          {t("sessions.began", { place: regionName(session.region, language) })}{" "}
          <TimeAgo at={session.createdOn} />,{" "}
          {t("sessions.used", { place: regionName(session.usedRegion, language) })}{" "}
          <TimeAgo at={session.usedOn} />
        </Text>
      </div>
      {session.current ? null : (
        <Button
          size="compact-sm"
          variant="default"
          aria-label={t("sessions.endLabel", { client })}
          loading={isBusy}
          onClick={() => onEnd(session.id)}
        >
          {t("sessions.end")}
        </Button>
      )}
    </li>
  );
}

export function SessionsPanel() {
  const { t } = useTranslation("account");
  const { api } = useKit();
  const client = useQueryClient();
  const changed = useIdentityChanged();
  const query = useQuery({
    queryKey: ["sessions"],
    queryFn: ({ signal }) =>
      api.get<{ readonly items: readonly SessionView[] }>("/identity/sessions", signal),
  });
  const end = useWrite<string, unknown>({
    send: (id, key, signal) =>
      api.request("DELETE", `/identity/sessions/${encodeURIComponent(id)}`, { key, signal }),
    onDone: () => void client.invalidateQueries({ queryKey: ["sessions"] }),
  });
  const endAll = useWrite<void, unknown>({
    send: (_, key, signal) =>
      api.request("POST", "/identity/sign-out", { body: { everywhere: true }, key, signal }),
    onDone: () => void changed(false),
  });
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t("sessions.title")}
      </Title>
      {query.isError ? (
        <LoadFailed error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {query.isPending ? <Loading rows={2} /> : null}
      <ul className={classes.sessions}>
        {query.data?.items.map((session) => (
          <Row key={session.id} session={session} onEnd={end.start} isBusy={end.busy} />
        ))}
      </ul>
      <WriteNotice write={end} />
      <Group mt="sm">
        <Button variant="light" color="red" loading={endAll.busy} onClick={() => endAll.start()}>
          {t("sessions.endAll")}
        </Button>
        <Text size="sm" c="dimmed">
          {t("sessions.endAllHint")}
        </Text>
      </Group>
      <WriteNotice write={endAll} />
    </section>
  );
}
