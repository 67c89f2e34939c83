/** A new ticket. The text outlives a reload, a fence and a failover. */
import { Anchor, Button, Group, NativeSelect, Paper, Stack, Textarea, Title } from "@mantine/core";
import { type FormEvent, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { visibleLength } from "../../../base/visible-text.ts";
import { SignInNeeded } from "../../../layers/presentation/components/sign-in-needed.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { useFormat, useMe } from "../../../layers/presentation/context.tsx";
import { useDraft } from "../../../layers/presentation/use-draft.ts";
import { usePageTitle } from "../../../layers/presentation/use-page-title.ts";
import { useShortcuts } from "../../../layers/presentation/use-shortcuts.ts";
import { useWrite } from "../../../layers/presentation/use-write.ts";
import {
  DESCRIPTION_MAX,
  DESCRIPTION_MIN,
  missingCharacters,
  PRIORITIES,
  type Priority,
  type Ticket,
} from "./ticket.ts";
import { API, useTicketCommands } from "./tickets-data.ts";
import { TicketsOutbox } from "./tickets-outbox.tsx";

type Fields = Pick<Ticket, "description" | "priority">;

export function NewPage({ onHelp }: { readonly onHelp: () => void }) {
  const { t } = useTranslation("tickets");
  usePageTitle(t("form.title"), t("title"));
  const format = useFormat();
  const navigate = useNavigate();
  const me = useMe();
  const commands = useTicketCommands();
  const [description, setDescription] = useDraft("ticket");
  const [priority, setPriority] = useState<Priority>("normal");
  const [touched, setTouched] = useState(false);
  const missing = missingCharacters(description);
  const write = useWrite<Fields, Ticket>({
    intent: "ticket",
    send: commands.create,
    later: (fields) => ({
      path: API,
      body: JSON.stringify(fields),
      label: fields.description,
    }),
    onLeft: () => setDescription(""),
    onDone: (ticket) => {
      setDescription("");
      void navigate(`/t/${encodeURIComponent(ticket.id)}`);
    },
  });
  useShortcuts({ u: () => void navigate("/"), "?": onHelp });
  useEffect(() => {
    document.querySelector<HTMLElement>("textarea")?.focus();
  }, []);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTouched(true);
    if (missing === 0) write.start({ description: description.trim(), priority });
  };
  const leave = (): void => {
    write.leave();
    void navigate("/");
  };
  const length = visibleLength(description);
  return (
    <Stack maw={720}>
      <Anchor component={Link} to="/">
        ← {t("form.back")}
      </Anchor>
      <Title order={1} size="h2">
        {t("form.title")}
      </Title>
      {me === null ? <SignInNeeded /> : null}
      <TicketsOutbox />
      <Paper withBorder p="lg" bg="var(--understudy-surface)">
        <form onSubmit={submit} noValidate>
          <Stack>
            <Textarea
              label={t("form.description")}
              description={t("form.descriptionHint")}
              value={description}
              onChange={(event) => setDescription(event.currentTarget.value)}
              onBlur={() => setTouched(description !== "")}
              error={touched && missing > 0 ? t("form.tooShort", { count: missing }) : undefined}
              aria-describedby="description-count"
              required
              minLength={DESCRIPTION_MIN}
              maxLength={DESCRIPTION_MAX}
              rows={7}
              readOnly={write.busy}
            />
            <output id="description-count" style={{ fontSize: 14 }}>
              {missing > 0 && length > 0
                ? t("form.tooShort", { count: missing })
                : t("form.count", {
                    count: length,
                    limit: format.number(DESCRIPTION_MAX),
                  })}
            </output>
            <NativeSelect
              label={t("form.priority")}
              value={priority}
              onChange={(event) => setPriority(event.currentTarget.value as Priority)}
              data={PRIORITIES.map((value) => ({ value, label: t(`priority.${value}`) }))}
              disabled={write.busy}
              maw={260}
            />
            <Group justify="space-between">
              <span style={{ fontSize: 14, color: "var(--mantine-color-dimmed)" }}>
                {t("form.kept")}
              </span>
              <Button type="submit" loading={write.busy} disabled={!me}>
                {t("form.submit")}
              </Button>
            </Group>
            <WriteNotice write={write} onLeave={leave} />
          </Stack>
        </form>
      </Paper>
    </Stack>
  );
}
