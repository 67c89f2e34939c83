/**
 * A photo's picture: a few blurred dots of it at once, then the picture; where its bytes are still
 * on their way to this region, that is said, and it is looked for again. Never a broken image.
 */
import { Button } from "@mantine/core";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useKit } from "../../../layers/presentation/context.tsx";
import { altOf, imageAddress, type Photo, photoPath, type Size } from "./photo.ts";
import classes from "./picture.module.css";

const AGAIN_AFTER_MS = [700, 1_500, 3_000, 5_000];
/** After so many tries in vain a person decides. */
const TRIES = 12;

export interface PictureProps {
  readonly photo: Photo;
  readonly size: Size;
  /** The first ones of a page are not waited for to be scrolled to. */
  readonly eager?: boolean;
  readonly fit: "cover" | "contain";
}

type State = "loading" | "there" | "travelling" | "unavailable";

export function Picture({ photo, size, eager = false, fit }: PictureProps) {
  const { t } = useTranslation("photos");
  const { api } = useKit();
  const [state, setState] = useState<State>("loading");
  const [tries, setTries] = useState(0);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const onError = useCallback(() => {
    if (tries >= TRIES) return setState("unavailable");
    setState("travelling");
    const waitMs = AGAIN_AFTER_MS[Math.min(tries, AGAIN_AFTER_MS.length - 1)];
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      // An image tells no status: asking for the photo renews a sign-in that has run out, and
      // finds whatever region serves now.
      api.get(photoPath(photo.id)).then(
        () => setTries((count) => count + 1),
        () => setTries((count) => count + 1),
      );
    }, waitMs);
  }, [api, photo.id, tries]);

  const seen = useCallback((image: HTMLImageElement | null) => {
    // It may have come from the cache before anybody listened.
    if (image?.complete === true && image.naturalWidth > 0) setState("there");
  }, []);

  return (
    <div
      className={classes.frame}
      data-fit={fit}
      style={{ backgroundImage: state === "there" ? "none" : `url("${photo.placeholder}")` }}
    >
      {state === "unavailable" ? null : (
        <img
          key={tries}
          ref={seen}
          className={classes.image}
          data-state={state}
          src={imageAddress(photo.id, size)}
          alt={altOf(photo)}
          width={photo.width}
          height={photo.height}
          loading={eager ? "eager" : "lazy"}
          decoding="async"
          draggable={false}
          onLoad={() => setState("there")}
          onError={onError}
        />
      )}
      {state === "travelling" ? (
        <span className={classes.note} role="status">
          {t("picture.travelling")}
        </span>
      ) : null}
      {state === "unavailable" ? (
        <span className={classes.note} role="status">
          {t("picture.unavailable")}{" "}
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              setState("loading");
              setTries(0);
            }}
          >
            {t("picture.retry")}
          </Button>
        </span>
      ) : null}
    </div>
  );
}
