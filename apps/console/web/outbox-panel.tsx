/** Messages to people with their codes, for operators: here, where nothing sends them. */
import { Code, Table, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { refreshEvery } from "../../../layers/presentation/api/refresh.ts";
import { LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import { useFormat, useKit } from "../../../layers/presentation/context.tsx";
import classes from "./console.module.css";
import { useOperator } from "./operator.tsx";

interface Message {
  readonly id: string;
  readonly kind: string;
  readonly username: string;
  readonly to?: string;
  readonly code: string;
  readonly createdOn: string;
  readonly sentOn?: string;
}

const ASK_EVERY_MS = 10_000;

export function OutboxPanel() {
  const { t } = useTranslation("console");
  const { api } = useKit();
  const { may, name, token } = useOperator();
  const query = useQuery({
    queryKey: ["outbox", token, name],
    enabled: may,
    refetchInterval: refreshEvery(ASK_EVERY_MS),
    queryFn: async ({ signal }) =>
      (
        await api.request<{ readonly items: readonly Message[] }>("GET", "/identity/outbox", {
          ...(token === undefined ? {} : { bearer: token }),
          signal,
        })
      ).value.items,
  });
  if (!may) return null;
  const messages = query.data;
  return (
    <section aria-labelledby="outbox-title" className={classes.section}>
      <Title order={2} size="h4" id="outbox-title">
        {t("outbox.title")}
      </Title>
      <Text size="sm" c="dimmed">
        {t("outbox.lead")}
      </Text>
      {messages === undefined && !query.isError ? <Loading rows={1} /> : null}
      {messages === undefined && query.isError ? (
        <LoadFailed error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
      {messages?.length === 0 ? <Text c="dimmed">{t("outbox.empty")}</Text> : null}
      {messages === undefined || messages.length === 0 ? null : <Messages messages={messages} />}
    </section>
  );
}

function Messages({ messages }: { readonly messages: readonly Message[] }) {
  const { t } = useTranslation("console");
  const format = useFormat();
  return (
    <Table.ScrollContainer minWidth={700} className={classes.table}>
      <Table verticalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("outbox.when")}</Table.Th>
            <Table.Th scope="col">{t("outbox.what")}</Table.Th>
            <Table.Th scope="col">{t("outbox.account")}</Table.Th>
            <Table.Th scope="col">{t("outbox.to")}</Table.Th>
            <Table.Th scope="col">{t("outbox.code")}</Table.Th>
            <Table.Th scope="col">{t("outbox.sent")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {messages.map((message) => (
            <Table.Tr key={message.id}>
              <Table.Td className={classes.nowrap}>{format.dateTime(message.createdOn)}</Table.Td>
              <Table.Td>
                {t(`outbox.kind.${message.kind as "password-reset"}`, {
                  defaultValue: message.kind,
                })}
              </Table.Td>
              <Table.Td>{message.username}</Table.Td>
              <Table.Td>{message.to ?? "–"}</Table.Td>
              <Table.Td>
                <Code>{message.code}</Code>
              </Table.Td>
              <Table.Td className={classes.nowrap}>
                {message.sentOn === undefined ? "–" : format.dateTime(message.sentOn)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
