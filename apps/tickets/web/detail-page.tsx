/** One ticket: what it says, where it stands, who has it, and what was said about it. */
import { Anchor, Button, Paper, Stack, Text, Title } from "@mantine/core";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { isSameUsername } from "../../../layers/identity/same-name.ts";
import { problemOf } from "../../../layers/presentation/api/problem.ts";
import { Empty, LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import { SignInNeeded } from "../../../layers/presentation/components/sign-in-needed.tsx";
import { TimeAgo } from "../../../layers/presentation/components/time-ago.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { useMe } from "../../../layers/presentation/context.tsx";
import { usePageTitle } from "../../../layers/presentation/use-page-title.ts";
import { useShortcuts } from "../../../layers/presentation/use-shortcuts.ts";
import { Comments } from "./comments.tsx";
import { ConflictDialog } from "./conflict-dialog.tsx";
import { Description, Editor } from "./description.tsx";
import classes from "./detail-page.module.css";
import { PriorityLabel, StatusLabel } from "./labels.tsx";
import { mayChange, shortId, type Ticket, type TicketChanges } from "./ticket.ts";
import { type Loaded, useTicket } from "./tickets-data.ts";
import { TicketsOutbox } from "./tickets-outbox.tsx";
import { type TicketChange, useTicketChange } from "./use-ticket-change.ts";

/** What closes an open ticket and opens a closed one. */
const toggled = (ticket: Ticket): TicketChanges => ({
  status: ticket.status === "closed" ? "open" : "closed",
});

function Actions({ loaded, change }: { readonly loaded: Loaded; readonly change: TicketChange }) {
  const { t } = useTranslation("tickets");
  const me = useMe();
  if (!me) return <SignInNeeded />;
  const { ticket } = loaded;
  if (!mayChange(ticket, me)) return <Text size="sm">{t("ticket.readOnly")}</Text>;
  const { busy } = change.write;
  const act = (changes: TicketChanges) => () => change.change(loaded, changes);
  return (
    <Stack gap="xs">
      {ticket.status === "closed" ? null : ticket.assigned !== null &&
        isSameUsername(ticket.assigned, me.username) ? (
        <Button variant="default" disabled={busy} onClick={act({ assigned: null })}>
          {t("ticket.unassign")}
        </Button>
      ) : (
        <Button variant="default" disabled={busy} onClick={act({ assigned: me.username })}>
          {t("ticket.assignMe")}
        </Button>
      )}
      {ticket.status === "open" ? (
        <Button variant="default" disabled={busy} onClick={act({ status: "in-progress" })}>
          {t("ticket.start")}
        </Button>
      ) : null}
      <Button
        variant={ticket.status === "closed" ? "default" : "filled"}
        disabled={busy}
        onClick={act(toggled(ticket))}
      >
        {t(ticket.status === "closed" ? "ticket.reopen" : "ticket.close")}
      </Button>
    </Stack>
  );
}

function Facts({ ticket }: { readonly ticket: Ticket }) {
  const { t } = useTranslation("tickets");
  return (
    <dl className={classes.facts}>
      <dt>{t("ticket.status")}</dt>
      <dd>
        <StatusLabel status={ticket.status} />
      </dd>
      <dt>{t("ticket.priority")}</dt>
      <dd>
        <PriorityLabel priority={ticket.priority} />
      </dd>
      <dt>{t("ticket.assigned")}</dt>
      <dd>{ticket.assigned || t("list.unassigned")}</dd>
      <dt>{t("ticket.createdBy")}</dt>
      <dd>{ticket.createdBy}</dd>
      <dt>{t("ticket.created")}</dt>
      <dd>
        <TimeAgo at={ticket.createdOn} />
      </dd>
    </dl>
  );
}

function Body({ loaded, onHelp }: { readonly loaded: Loaded; readonly onHelp: () => void }) {
  const { t } = useTranslation("tickets");
  const me = useMe();
  const navigate = useNavigate();
  const commentField = useRef<HTMLTextAreaElement>(null);
  const [editing, setEditing] = useState(false);
  const change = useTicketChange(() => setEditing(false));
  const { ticket } = loaded;
  const { busy } = change.write;
  const may = mayChange(ticket, me) && !busy;
  // Not hidden while something is saved: what lies below would move under the pointer.
  const isEditable = mayChange(ticket, me) && ticket.status !== "closed";
  const mayEdit = isEditable && !busy;
  useShortcuts({
    u: () => void navigate("/"),
    a: () => mayEdit && me && change.change(loaded, { assigned: me.username }),
    c: () => commentField.current?.focus(),
    e: () => mayEdit && setEditing(true),
    x: () => may && change.change(loaded, toggled(ticket)),
    "?": onHelp,
  });
  return (
    <div className={classes.columns}>
      <div className={classes.text}>
        <Paper withBorder p="lg" bg="var(--understudy-surface)">
          {editing ? (
            <Stack gap="sm">
              <Editor
                base={loaded}
                busy={busy}
                onSave={change.change}
                onCancel={() => setEditing(false)}
              />
              <WriteNotice write={change.write} />
            </Stack>
          ) : (
            <Stack align="flex-start">
              <Description text={ticket.description} />
              {isEditable ? (
                <Button
                  size="compact-sm"
                  variant="subtle"
                  ml={-8}
                  disabled={busy}
                  onClick={() => setEditing(true)}
                >
                  {t("ticket.edit")}
                </Button>
              ) : null}
            </Stack>
          )}
        </Paper>
      </div>
      <Paper
        withBorder
        p="lg"
        bg="var(--understudy-surface)"
        component="aside"
        className={classes.side}
      >
        <Facts ticket={ticket} />
        <Stack gap="sm">
          <Actions loaded={loaded} change={change} />
          {editing ? null : <WriteNotice write={change.write} />}
        </Stack>
      </Paper>
      <div className={classes.talk}>
        <Comments ticketId={ticket.id} field={commentField} />
      </div>
      <ConflictDialog change={change} />
    </div>
  );
}

export function DetailPage({ onHelp }: { readonly onHelp: () => void }) {
  const { t } = useTranslation("tickets");
  const { id = "" } = useParams();
  const me = useMe();
  const query = useTicket(id);
  const name = query.data ? `${t("ticket.heading")} ${shortId(id)}` : t("ticket.heading");
  usePageTitle(name, t("title"));
  const code = me === null ? "unauthenticated" : query.isError && problemOf(query.error).code;
  return (
    <Stack>
      <Anchor component={Link} to="/">
        ← {t("form.back")}
      </Anchor>
      <Title order={1} size="h2">
        {t("ticket.heading")} {query.data ? <code>{shortId(id)}</code> : null}
      </Title>
      <TicketsOutbox />
      {query.data ? <Body loaded={query.data} onHelp={onHelp} /> : null}
      {!query.data && code === false ? <Loading rows={3} height={110} /> : null}
      {!query.data && code === "not-found" ? <Empty title={t("ticket.missing")} /> : null}
      {!query.data && code === "unauthenticated" ? <SignInNeeded /> : null}
      {!query.data && query.isError && code !== "not-found" && code !== "unauthenticated" ? (
        <LoadFailed error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
    </Stack>
  );
}
