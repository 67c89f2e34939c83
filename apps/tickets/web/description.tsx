/** The description of a ticket, to read or to edit together with the priority. */
import { Button, Group, NativeSelect, Stack, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import classes from "./detail-page.module.css";
import {
  DESCRIPTION_MAX,
  missingCharacters,
  PRIORITIES,
  type Priority,
  remainingChanges,
  type TicketChanges,
} from "./ticket.ts";
import type { Loaded } from "./tickets-data.ts";

export interface EditorProps {
  /** The state that the person saw when they began: what their changes are measured against. */
  readonly base: Loaded;
  readonly busy: boolean;
  readonly onSave: (base: Loaded, changes: TicketChanges) => void;
  readonly onCancel: () => void;
}

export function Editor({ base, busy, onSave, onCancel }: EditorProps) {
  const { t } = useTranslation("tickets");
  const [start] = useState(base);
  const [description, setDescription] = useState(start.ticket.description);
  const [priority, setPriority] = useState<Priority>(start.ticket.priority);
  const missing = missingCharacters(description);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (missing > 0) return;
    const wish = { description: description.trim(), priority };
    const changes = remainingChanges(start.ticket, wish);
    if (Object.keys(changes).length === 0) onCancel();
    else onSave(start, changes);
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Textarea
          label={t("ticket.description")}
          value={description}
          onChange={(event) => setDescription(event.currentTarget.value)}
          error={missing > 0 ? t("form.tooShort", { count: missing }) : undefined}
          maxLength={DESCRIPTION_MAX}
          rows={6}
          readOnly={busy}
          data-autofocus
        />
        <NativeSelect
          label={t("ticket.priority")}
          value={priority}
          onChange={(event) => setPriority(event.currentTarget.value as Priority)}
          data={PRIORITIES.map((value) => ({ value, label: t(`priority.${value}`) }))}
          disabled={busy}
          maw={260}
        />
        <Group>
          <Button type="submit" loading={busy}>
            {t("ticket.save")}
          </Button>
          <Button variant="default" onClick={onCancel} disabled={busy}>
            {t("ticket.cancel")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function Description({ text }: { readonly text: string }) {
  return <p className={classes.prose}>{text}</p>;
}
