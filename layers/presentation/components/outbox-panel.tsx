/** What was left behind to be sent later, and what became of it: queued, sent, confirmed, refused. */
import { Anchor, Button, Group, Paper, Stack, Title } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTranslation } from "react-i18next";
import type { OutboxEntry } from "../../../client/index.ts";
import { useKit } from "../context.tsx";
import { Chip } from "./chip.tsx";
import { TimeAgo } from "./time-ago.tsx";

const TONES = {
  queued: "warning",
  sent: "info",
  confirmed: "ok",
  refused: "danger",
} as const;

export interface OutboxPanelProps {
  /** Where a page shows what a confirmed write made. */
  readonly hrefOf: (entry: OutboxEntry) => string | undefined;
}

export function OutboxPanel({ hrefOf }: OutboxPanelProps) {
  const { t } = useTranslation("kit");
  const { outbox, app } = useKit();
  const all = useSyncExternalStore(outbox.subscribe, outbox.entries);
  const entries = all.filter((entry) => entry.app === app);
  if (entries.length === 0) return null;
  const waits = entries.some(({ phase }) => phase === "queued" || phase === "sent");
  return (
    <Paper withBorder p="md" mb="md" bg="var(--understudy-surface)">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          {t("outbox.title")}
        </Title>
        {waits ? (
          <Button size="compact-sm" variant="default" onClick={() => outbox.wake(app)}>
            {t("write.tryNow")}
          </Button>
        ) : null}
      </Group>
      <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: "none" }} aria-live="polite">
        {entries.map((entry) => (
          <Row key={entry.key} entry={entry} href={hrefOf(entry)} />
        ))}
      </Stack>
    </Paper>
  );
}

function Row({ entry, href }: { readonly entry: OutboxEntry; readonly href: string | undefined }) {
  const { t } = useTranslation("kit");
  const { outbox } = useKit();
  const { phase, label = entry.path, reason } = entry;
  return (
    <Group component="li" justify="space-between" wrap="nowrap" align="start">
      <div style={{ minWidth: 0, overflowWrap: "anywhere" }}>
        <Chip tone={TONES[phase]}>{t(`outbox.${phase}`)}</Chip>{" "}
        {phase === "confirmed" && href !== undefined ? (
          <Anchor href={href}>{label}</Anchor>
        ) : (
          <span>{label}</span>
        )}{" "}
        <small>
          <TimeAgo at={entry.addedOnMs} />
        </small>
        {phase === "refused" && reason !== undefined ? <div lang="en">{reason}</div> : null}
      </div>
      <Button
        size="compact-sm"
        variant="subtle"
        style={{ flexShrink: 0 }}
        onClick={() => outbox.forget(entry.key)}
      >
        {t(phase === "queued" || phase === "sent" ? "outbox.giveUp" : "outbox.forget")}
      </Button>
    </Group>
  );
}
