/** What changed under one's hands, side by side, and the two ways out. */
import { Button, Group, Modal, Stack, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import classes from "./detail-page.module.css";
import { type Changeable, conflictOf, type Priority, type Status } from "./ticket.ts";
import type { Conflict, TicketChange } from "./use-ticket-change.ts";

function useValueText(): (field: Changeable, value: string) => string {
  const { t } = useTranslation("tickets");
  return (field, value) => {
    if (field === "status") return t(`status.${value as Status}`);
    if (field === "priority") return t(`priority.${value as Priority}`);
    if (field === "assigned" && value === "") return t("list.unassigned");
    return value;
  };
}

function Sides({ conflict }: { readonly conflict: Conflict }) {
  const { t } = useTranslation("tickets");
  const textOf = useValueText();
  const rows = conflictOf(conflict.before.ticket, conflict.theirs.ticket, conflict.mine);
  return (
    <Table verticalSpacing="sm" className={classes.sides}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">{t("conflict.field")}</Table.Th>
          <Table.Th scope="col">{t("conflict.before")}</Table.Th>
          <Table.Th scope="col">{t("conflict.theirs")}</Table.Th>
          <Table.Th scope="col">{t("conflict.mine")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.field}>
            <Table.Th scope="row">{t(`ticket.${row.field}`)}</Table.Th>
            <Table.Td data-side={t("conflict.before")}>{textOf(row.field, row.before)}</Table.Td>
            <Table.Td data-side={t("conflict.theirs")} fw={row.before === row.theirs ? 400 : 650}>
              {textOf(row.field, row.theirs)}
            </Table.Td>
            <Table.Td data-side={t("conflict.mine")} fw={row.mine === undefined ? 400 : 650}>
              {row.mine === undefined ? t("conflict.untouched") : textOf(row.field, row.mine)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

export function ConflictDialog({ change }: { readonly change: TicketChange }) {
  const { t } = useTranslation(["tickets", "kit"]);
  return (
    <Modal
      opened={change.conflict !== undefined}
      onClose={change.leave}
      title={t("conflict.title")}
      size="lg"
      centered
      closeButtonProps={{ "aria-label": t("kit:identity.close") }}
    >
      {change.conflict === undefined ? null : (
        <Stack>
          <Text>{t("conflict.body")}</Text>
          <Sides conflict={change.conflict} />
          <Group justify="flex-end">
            <Button variant="default" onClick={change.keepTheirs} data-autofocus>
              {t("conflict.keep")}
            </Button>
            <Button onClick={change.applyMine}>{t("conflict.apply")}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
