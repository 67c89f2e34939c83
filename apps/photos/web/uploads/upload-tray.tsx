/** The pictures that were chosen: captions before they go out, and how far each has come. */
import { Anchor, Button, Group, Paper, Stack, Text, TextInput, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { Notice } from "../../../../layers/presentation/components/notice.tsx";
import { SignInNeeded } from "../../../../layers/presentation/components/sign-in-needed.tsx";
import { ProblemText } from "../../../../layers/presentation/components/write-notice.tsx";
import { useFormat, useMe } from "../../../../layers/presentation/context.tsx";
import { ALT_TEXT_MAX, TITLE, UPLOAD_LIMIT_BYTES } from "../photo.ts";
import { hasTitle, type Item, isOver, isUnderWay, progressOf } from "./upload-list.ts";
import classes from "./upload-tray.module.css";
import { useUploads } from "./use-uploads.tsx";

const REFUSED = [
  "not-a-picture",
  "mislabelled",
  "truncated",
  "broken",
  "holds-more",
  "too-many-pixels",
  "too-many-bytes",
  "too-slow",
] as const;

function useStateText() {
  const { t } = useTranslation("photos");
  const format = useFormat();
  return ({ phase, file }: Item): string => {
    if (phase.name !== "sending") return t(`upload.${phase.name}`);
    const sent = format.bytes(Math.min(phase.sentBytes, file.size));
    return t("upload.sending", { sent, total: format.bytes(file.size) });
  };
}

function Failure({ item }: { readonly item: Item }) {
  const { t } = useTranslation("photos");
  if (item.phase.name !== "failed") return null;
  const { problem } = item.phase;
  const reason = REFUSED.find((one) => one === problem.reason);
  return (
    <Notice tone="danger">
      {reason === undefined ? <ProblemText problem={problem} /> : t(`upload.refused.${reason}`)}
    </Notice>
  );
}

function Captions({ item }: { readonly item: Item }) {
  const { t } = useTranslation("photos");
  const format = useFormat();
  const uploads = useUploads();
  const tooLarge = item.file.size > UPLOAD_LIMIT_BYTES;
  return (
    <>
      <TextInput
        size="sm"
        label={t("upload.field")}
        value={item.title}
        maxLength={TITLE.max}
        onChange={(event) => uploads.caption(item.key, event.currentTarget.value)}
        error={hasTitle(item) ? undefined : t("upload.titleMissing")}
        required
      />
      <TextInput
        size="sm"
        label={t("upload.alt")}
        value={item.altText}
        maxLength={ALT_TEXT_MAX}
        onChange={(event) => uploads.describe(item.key, event.currentTarget.value)}
      />
      {tooLarge ? (
        <Notice tone="warning">
          {t("upload.tooLarge", {
            size: format.bytes(item.file.size),
            limit: format.bytes(UPLOAD_LIMIT_BYTES),
          })}
        </Notice>
      ) : null}
    </>
  );
}

/** A picture that is not taken would not be taken the next time either. */
const mayTryAgain = ({ phase }: Item): boolean =>
  phase.name === "cancelled" ||
  (phase.name === "failed" && !["image-refused", "too-large"].includes(phase.problem.code));

function Actions({ item }: { readonly item: Item }) {
  const { t } = useTranslation("photos");
  const uploads = useUploads();
  const { key, phase } = item;
  if (isUnderWay(item) || phase.name === "queued") {
    return (
      <Button size="compact-sm" variant="default" onClick={() => uploads.cancel(key)}>
        {t("upload.cancel")}
      </Button>
    );
  }
  return (
    <Group gap="xs">
      {mayTryAgain(item) ? (
        <Button size="compact-sm" variant="light" onClick={() => uploads.retry(key)}>
          {t("upload.retry")}
        </Button>
      ) : null}
      {phase.name === "done" ? (
        <Anchor component={Link} to={`/p/${encodeURIComponent(phase.photoId)}`} size="sm">
          {t("upload.open")}
        </Anchor>
      ) : null}
      <Button size="compact-sm" variant="subtle" onClick={() => uploads.remove(key)}>
        {t(phase.name === "done" ? "upload.hide" : "upload.remove")}
      </Button>
    </Group>
  );
}

function Row({ item }: { readonly item: Item }) {
  const { t } = useTranslation("photos");
  const stateText = useStateText();
  const name = item.title || item.fileName;
  const isMoving = isUnderWay(item);
  const percent = Math.round(progressOf(item) * 100);
  return (
    <li className={classes.row}>
      <div className={classes.preview}>
        <img
          src={item.preview}
          alt=""
          onError={(event) => {
            event.currentTarget.hidden = true;
          }}
        />
      </div>
      <div className={classes.body}>
        {item.phase.name === "ready" ? (
          <Captions item={item} />
        ) : (
          <Text fw={600} className={classes.name}>
            {name}
          </Text>
        )}
        {isMoving || item.phase.name === "done" ? (
          <div
            className={classes.track}
            role="progressbar"
            aria-label={t("upload.progress", { name })}
            aria-valuemin={0}
            aria-valuemax={100}
            aria-valuenow={percent}
          >
            <div
              className={classes.bar}
              data-state={item.phase.name}
              style={{ transform: `scaleX(${percent / 100})` }}
            />
          </div>
        ) : null}
        <Failure item={item} />
        <Group justify="space-between" gap="xs">
          <span className={classes.state} data-state={item.phase.name}>
            {stateText(item)}
          </span>
          <Actions item={item} />
        </Group>
      </div>
    </li>
  );
}

/** Only what begins and ends is read out: progress would drown everything else. */
function Announcements() {
  const { t } = useTranslation("photos");
  const { items } = useUploads();
  const stateText = useStateText();
  return (
    <div role="status" aria-live="polite" className={classes.unseen}>
      {items.filter(isOver).map((item) => (
        <span key={item.key}>
          {t("upload.announce", { name: item.title || item.fileName, state: stateText(item) })}
        </span>
      ))}
    </div>
  );
}

export function UploadTray({ onAdd }: { readonly onAdd: () => void }) {
  const { t } = useTranslation(["photos", "kit"]);
  const me = useMe();
  const uploads = useUploads();
  const { items } = uploads;
  if (items.length === 0) return null;
  const ready = items.filter(({ phase }) => phase.name === "ready");
  const startable = ready.filter(hasTitle).length;
  const isWaiting = items.some(({ phase }) => phase.name === "waiting" && phase.attempts > 1);
  return (
    <Paper withBorder p="md" mb="lg" bg="var(--understudy-surface)" component="section">
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h4">
            {t("upload.title")}
          </Title>
          <Group gap="xs">
            {items.some(({ phase }) => phase.name === "done") ? (
              <Button size="compact-sm" variant="subtle" onClick={uploads.clear}>
                {t("upload.clear")}
              </Button>
            ) : null}
            <Button size="compact-sm" variant="default" onClick={onAdd}>
              {t("upload.add")}
            </Button>
          </Group>
        </Group>
        {me === null ? <SignInNeeded>{t("upload.signIn")}</SignInNeeded> : null}
        <ul className={classes.list}>
          {items.map((item) => (
            <Row key={item.key} item={item} />
          ))}
        </ul>
        {ready.length > 0 ? (
          <Group justify="flex-end">
            <Button onClick={uploads.start} disabled={startable === 0 || !me}>
              {t("upload.start", { count: Math.max(1, startable) })}
            </Button>
          </Group>
        ) : null}
        {isWaiting ? (
          <Notice
            tone="warning"
            actions={
              <Button size="compact-sm" variant="default" onClick={uploads.tryNow}>
                {t("kit:write.tryNow")}
              </Button>
            }
          >
            {t("upload.waiting")}
          </Notice>
        ) : null}
      </Stack>
      <Announcements />
    </Paper>
  );
}
