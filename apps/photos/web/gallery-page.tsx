/** All photos, newest first, in rows that fill the page whatever their shapes. */
import { Button, Group, Switch, Title } from "@mantine/core";
import { IconKeyboard, IconUpload } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "react-router";
import { problemOf } from "../../../layers/presentation/api/problem.ts";
import { Empty, LoadFailed } from "../../../layers/presentation/components/empty.tsx";
import { SignInNeeded } from "../../../layers/presentation/components/sign-in-needed.tsx";
import { useFormat, useMe } from "../../../layers/presentation/context.tsx";
import { usePageTitle } from "../../../layers/presentation/use-page-title.ts";
import { useShortcuts } from "../../../layers/presentation/use-shortcuts.ts";
import classes from "./gallery-page.module.css";
import { type Photo, UPLOAD_LIMIT_BYTES } from "./photo.ts";
import { useNews, usePhotos } from "./photos-data.ts";
import { PhotosOutbox } from "./photos-outbox.tsx";
import { Picture } from "./picture.tsx";
import { UploadTray } from "./uploads/upload-tray.tsx";

const EAGER = 6;
const WAITING_TILES = [1.5, 1, 0.75, 1.78, 1.33, 1, 1.5, 0.8, 1.6];
/** A panorama or a column is shown cropped, or it would leave nothing for its neighbours. */
const shapeOf = ({ width, height }: Photo): number => Math.min(2.4, Math.max(0.62, width / height));

function Tile({ photo, eager }: { readonly photo: Photo; readonly eager: boolean }) {
  const { t } = useTranslation("photos");
  const shape = shapeOf(photo);
  const name = t("gallery.openPhoto", { title: photo.title, name: photo.owner });
  return (
    <li className={classes.tile} style={{ "--shape": shape } as React.CSSProperties}>
      <Link
        className={classes.link}
        to={`/p/${encodeURIComponent(photo.id)}`}
        aria-label={photo.altText === "" ? name : `${name}. ${photo.altText}`}
        data-photo-link
      >
        <Picture photo={photo} size="thumb" eager={eager} fit="cover" />
        <span className={classes.caption} aria-hidden="true">
          <span className={classes.title}>{photo.title}</span>
          <span className={classes.owner}>{t("gallery.by", { name: photo.owner })}</span>
        </span>
      </Link>
    </li>
  );
}

/** Moves the focus along the photos, from wherever it is. */
function moveFocus(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>("[data-photo-link]")];
  const at = links.indexOf(document.activeElement as HTMLElement);
  const next = at < 0 ? (step === 1 ? 0 : links.length - 1) : at + step;
  links[Math.max(0, Math.min(links.length - 1, next))]?.focus();
}

function WaitingTiles() {
  const { t } = useTranslation("kit");
  return (
    <ul className={classes.tiles} role="status" aria-label={t("data.loading")}>
      {WAITING_TILES.map((shape, index) => (
        <li
          // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
          key={index}
          className={`${classes.tile} ${classes.waiting}`}
          style={{ "--shape": shape } as React.CSSProperties}
        />
      ))}
    </ul>
  );
}

function More({ query }: { readonly query: ReturnType<typeof usePhotos> }) {
  const { t } = useTranslation("photos");
  const mark = useRef<HTMLDivElement>(null);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  useEffect(() => {
    const element = mark.current;
    if (element === null || !hasNextPage) return;
    const observer = new IntersectionObserver(
      ([entry]) => {
        if (entry?.isIntersecting === true && !isFetchingNextPage) void fetchNextPage();
      },
      { rootMargin: "800px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <Group justify="center" mt="lg" ref={mark}>
      {hasNextPage ? (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("gallery.more")}
        </Button>
      ) : (
        <span className={classes.quiet}>{t("gallery.end")}</span>
      )}
    </Group>
  );
}

interface GalleryProps {
  readonly query: ReturnType<typeof usePhotos>;
  readonly owner: string | undefined;
  readonly onUpload: () => void;
}

function Gallery({ query, owner, onUpload }: GalleryProps) {
  const { t } = useTranslation("photos");
  const photos = query.data?.pages.flatMap((page) => page.items) ?? [];
  const hasNews = useNews(owner, photos[0]?.id);
  const me = useMe();
  if (me === null) return <SignInNeeded>{t("gallery.signIn")}</SignInNeeded>;
  if (query.data === undefined) {
    if (!query.isError) return <WaitingTiles />;
    if (problemOf(query.error).code === "unauthenticated") {
      return <SignInNeeded>{t("gallery.signIn")}</SignInNeeded>;
    }
    return <LoadFailed error={query.error} onRetry={() => void query.refetch()} />;
  }
  if (photos.length === 0) {
    return (
      <Empty title={t("gallery.emptyTitle")}>
        <span>{t(owner === undefined ? "gallery.emptyBody" : "gallery.emptyMine")}</span>
        <Button variant="light" onClick={onUpload}>
          {t("gallery.upload")}
        </Button>
      </Empty>
    );
  }
  return (
    <>
      {hasNews && !query.isFetching ? (
        <Group justify="center" mb="sm">
          <Button
            size="compact-md"
            variant="light"
            onClick={() => {
              window.scrollTo({ top: 0 });
              void query.refetch();
            }}
          >
            {t("gallery.news")}
          </Button>
        </Group>
      ) : null}
      <ul className={classes.tiles} aria-label={t("gallery.label")}>
        {photos.map((photo, index) => (
          <Tile key={photo.id} photo={photo} eager={index < EAGER} />
        ))}
      </ul>
      <More query={query} />
    </>
  );
}

export interface GalleryPageProps {
  readonly onHelp: () => void;
  readonly onUpload: () => void;
}

export function GalleryPage({ onHelp, onUpload }: GalleryPageProps) {
  const { t } = useTranslation("photos");
  usePageTitle(t("title"));
  const format = useFormat();
  const me = useMe();
  const [search, setSearch] = useSearchParams();
  const mine = search.has("mine") && me !== null && me !== undefined;
  const owner = mine ? me.username : undefined;
  const query = usePhotos(owner);
  useShortcuts({
    n: onUpload,
    j: () => moveFocus(1),
    k: () => moveFocus(-1),
    ArrowRight: () => moveFocus(1),
    ArrowLeft: () => moveFocus(-1),
    "?": onHelp,
  });
  return (
    <>
      <div className={classes.head}>
        <Title order={1} size="h2">
          {t("title")}
        </Title>
        <Group gap="sm">
          {me ? (
            <Switch
              label={t("gallery.mine")}
              checked={mine}
              onChange={(event) =>
                setSearch(event.currentTarget.checked ? { mine: "1" } : {}, { replace: true })
              }
            />
          ) : null}
          <Button
            variant="subtle"
            leftSection={<IconKeyboard size={18} aria-hidden="true" />}
            onClick={onHelp}
            visibleFrom="sm"
          >
            {t("shortcuts.open")}
          </Button>
          <Button leftSection={<IconUpload size={18} aria-hidden="true" />} onClick={onUpload}>
            {t("gallery.upload")}
          </Button>
        </Group>
      </div>
      <p className={classes.hint}>
        {t("gallery.hint", { size: format.bytes(UPLOAD_LIMIT_BYTES) })}
      </p>
      <PhotosOutbox />
      <UploadTray onAdd={onUpload} />
      <Gallery query={query} owner={owner} onUpload={onUpload} />
    </>
  );
}
