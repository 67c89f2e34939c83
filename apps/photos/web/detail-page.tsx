/** One photo: the picture, what is known of it, what was said about it, and its neighbours. */
import { ActionIcon, Anchor, Button, Group, Modal, Paper, Stack, Text, Title } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconZoomIn } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate, useParams } from "react-router";
import { problemOf } from "../../../layers/presentation/api/problem.ts";
import { Empty, LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import { SignInNeeded } from "../../../layers/presentation/components/sign-in-needed.tsx";
import { TimeAgo } from "../../../layers/presentation/components/time-ago.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { useFormat, useKit, useMe } from "../../../layers/presentation/context.tsx";
import { usePageTitle } from "../../../layers/presentation/use-page-title.ts";
import { useShortcuts } from "../../../layers/presentation/use-shortcuts.ts";
import { useWrite } from "../../../layers/presentation/use-write.ts";
import { Comments } from "./comments.tsx";
import classes from "./detail-page.module.css";
import { imageAddress, mayRemove, neighbours, type Photo, photoPath } from "./photo.ts";
import { usePhoto, usePhotos } from "./photos-data.ts";
import { PhotosOutbox } from "./photos-outbox.tsx";
import { Picture } from "./picture.tsx";
import { Zoom } from "./zoom.tsx";

function Facts({ photo }: { readonly photo: Photo }) {
  const { t } = useTranslation("photos");
  const format = useFormat();
  const { width, height, sizeBytes, contentType } = photo;
  const size = t("photo.pixels", { width: format.number(width), height: format.number(height) });
  const row = (term: string, value: ReactNode) => (
    <>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </>
  );
  return (
    <dl className={classes.facts}>
      {row(t("photo.owner"), photo.owner)}
      {row(t("photo.created"), <TimeAgo at={photo.createdOn} />)}
      {row(t("photo.description"), photo.altText || t("photo.altMissing"))}
      {row(t("photo.size"), `${size}, ${format.bytes(sizeBytes)}`)}
      {row(t("photo.type"), contentType.replace("image/", "").toUpperCase())}
      {row(t("photo.where"), t(`photo.${photo.replicationStatus}`))}
    </dl>
  );
}

function Removal({ photo }: { readonly photo: Photo }) {
  const { t } = useTranslation("photos");
  const { api } = useKit();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const write = useWrite<void, unknown>({
    intent: `delete-photo.${photo.id}`,
    send: (_, key, signal) => api.request("DELETE", photoPath(photo.id), { key, signal }),
    onDone: () => {
      client.removeQueries({ queryKey: ["photo", photo.id] });
      void client.invalidateQueries({ queryKey: ["photos"] });
      void navigate("/");
    },
  });
  return (
    <>
      <Button variant="default" onClick={() => setAsking(true)}>
        {t("photo.delete")}
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title={t("photo.deleteTitle")}>
        <Stack>
          <Text>{t("photo.deleteBody")}</Text>
          <Group justify="flex-end">
            <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
              {t("photo.keep")}
            </Button>
            <Button color="red" loading={write.busy} onClick={() => write.start()}>
              {t("photo.delete")}
            </Button>
          </Group>
          <WriteNotice write={write} />
        </Stack>
      </Modal>
    </>
  );
}

function Neighbour({ photo, side }: { readonly photo: Photo | undefined; readonly side: Side }) {
  const { t } = useTranslation("photos");
  if (photo === undefined) return null;
  const Icon = side === "newer" ? IconChevronLeft : IconChevronRight;
  return (
    <ActionIcon
      component={Link}
      to={`/p/${encodeURIComponent(photo.id)}`}
      className={classes.neighbour}
      data-side={side}
      variant="filled"
      color="dark"
      radius="xl"
      size={42}
      aria-label={t(`photo.${side}`)}
    >
      <Icon size={24} aria-hidden="true" />
    </ActionIcon>
  );
}

type Side = "newer" | "older";

function Body({ photo, onHelp }: { readonly photo: Photo; readonly onHelp: () => void }) {
  const { t } = useTranslation("photos");
  const me = useMe();
  const navigate = useNavigate();
  const field = useRef<HTMLTextAreaElement>(null);
  const [zoomed, setZoomed] = useState(false);
  const list = usePhotos(undefined).data?.pages.flatMap((page) => page.items) ?? [];
  const { newer, older } = neighbours(list, photo.id);
  const go = (to: Photo | undefined): void => {
    if (to !== undefined) void navigate(`/p/${encodeURIComponent(to.id)}`);
  };
  useShortcuts({
    u: () => void navigate("/"),
    j: () => go(older),
    k: () => go(newer),
    ArrowRight: () => go(older),
    ArrowLeft: () => go(newer),
    z: () => setZoomed(true),
    c: () => field.current?.focus(),
    "?": onHelp,
  });
  return (
    <div className={classes.columns}>
      <div
        className={classes.picture}
        style={{ "--shape": photo.width / photo.height } as React.CSSProperties}
      >
        <button type="button" className={classes.open} onClick={() => setZoomed(true)}>
          <Picture photo={photo} size="large" eager fit="contain" />
          <span className={classes.enlarge}>
            <IconZoomIn size={18} aria-hidden="true" /> {t("photo.zoom")}
          </span>
        </button>
        <Neighbour photo={newer} side="newer" />
        <Neighbour photo={older} side="older" />
      </div>
      <Paper
        withBorder
        p="lg"
        bg="var(--understudy-surface)"
        component="aside"
        className={classes.side}
      >
        <Facts photo={photo} />
        <Stack gap="xs">
          <Button component="a" href={imageAddress(photo.id, "full")} variant="default">
            {t("photo.download")}
          </Button>
          {mayRemove(photo.owner, me) ? <Removal photo={photo} /> : null}
        </Stack>
      </Paper>
      <div className={classes.talk}>
        <Comments photoId={photo.id} field={field} />
      </div>
      <Zoom photo={photo} opened={zoomed} onClose={() => setZoomed(false)} />
    </div>
  );
}

export function DetailPage({ onHelp }: { readonly onHelp: () => void }) {
  const { t } = useTranslation("photos");
  const { id = "" } = useParams();
  const me = useMe();
  const query = usePhoto(id);
  const code = me === null ? "unauthenticated" : query.isError && problemOf(query.error).code;
  const photo = query.data;
  usePageTitle(...(photo === undefined ? [] : [photo.title]), t("title"));
  return (
    <Stack>
      <Anchor component={Link} to="/">
        ← {t("photo.back")}
      </Anchor>
      {photo ? (
        <>
          <Title order={1} size="h2">
            {photo.title}
          </Title>
          <PhotosOutbox />
          <Body key={photo.id} photo={photo} onHelp={onHelp} />
        </>
      ) : null}
      {!photo && code === false ? <Loading rows={2} height={260} /> : null}
      {!photo && code === "not-found" ? <Empty title={t("photo.missing")} /> : null}
      {!photo && code === "unauthenticated" ? <SignInNeeded /> : null}
      {!photo && query.isError && code !== "not-found" && code !== "unauthenticated" ? (
        <LoadFailed error={query.error} onRetry={() => void query.refetch()} />
      ) : null}
    </Stack>
  );
}
