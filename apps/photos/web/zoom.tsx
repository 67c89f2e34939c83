/** A picture over the whole window: enlarged by wheel, buttons or keys, moved by dragging. */
import { ActionIcon, Modal } from "@mantine/core";
import { IconMinus, IconPlus, IconX, IconZoomReset } from "@tabler/icons-react";
import { type PointerEvent, useEffect, useRef, useState, type WheelEvent } from "react";
import { useTranslation } from "react-i18next";
import type { Photo } from "./photo.ts";
import { Picture } from "./picture.tsx";
import classes from "./zoom.module.css";

const LEVELS = [1, 1.5, 2, 3, 4, 6, 8] as const;
const STEP = 1.2;
const MOST = 8;

interface View {
  readonly level: number;
  readonly x: number;
  readonly y: number;
}
const FIT: View = { level: 1, x: 0, y: 0 };

const within = (level: number): number => Math.min(MOST, Math.max(1, level));

/** The point under the pointer stays under it. */
function zoomAt(
  view: View,
  level: number,
  point: { readonly x: number; readonly y: number },
): View {
  if (level === 1) return FIT;
  const by = level / view.level;
  return { level, x: point.x - (point.x - view.x) * by, y: point.y - (point.y - view.y) * by };
}

const CENTRE = { x: 0, y: 0 };
const larger = (level: number): number => LEVELS.find((one) => one > level + 0.01) ?? MOST;
const smaller = (level: number): number => LEVELS.findLast((one) => one < level - 0.01) ?? 1;

function useZoom() {
  const [view, setView] = useState<View>(FIT);
  const dragged = useRef<{ readonly x: number; readonly y: number } | undefined>(undefined);
  const stage = useRef<HTMLDivElement>(null);
  const pointOf = (event: { clientX: number; clientY: number }) => {
    const box = stage.current?.getBoundingClientRect();
    if (box === undefined) return CENTRE;
    return { x: event.clientX - box.x - box.width / 2, y: event.clientY - box.y - box.height / 2 };
  };
  const to = (level: number, point = CENTRE): void =>
    setView((before) => zoomAt(before, within(level), point));
  return {
    view,
    stage,
    in: () => to(larger(view.level)),
    out: () => to(smaller(view.level)),
    fit: () => setView(FIT),
    move: (x: number, y: number) =>
      setView((before) =>
        before.level === 1 ? before : { ...before, x: before.x + x, y: before.y + y },
      ),
    handlers: {
      onWheel: (event: WheelEvent) =>
        to(event.deltaY < 0 ? view.level * STEP : view.level / STEP, pointOf(event)),
      onDoubleClick: (event: { clientX: number; clientY: number }) =>
        to(view.level > 1 ? 1 : 2, pointOf(event)),
      onPointerDown: (event: PointerEvent) => {
        dragged.current = { x: event.clientX, y: event.clientY };
        event.currentTarget.setPointerCapture(event.pointerId);
      },
      onPointerMove: (event: PointerEvent) => {
        const from = dragged.current;
        if (from === undefined) return;
        dragged.current = { x: event.clientX, y: event.clientY };
        setView((before) =>
          before.level === 1
            ? before
            : {
                ...before,
                x: before.x + event.clientX - from.x,
                y: before.y + event.clientY - from.y,
              },
        );
      },
      onPointerUp: () => {
        dragged.current = undefined;
      },
    },
  };
}

const MOVES: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [80, 0],
  ArrowRight: [-80, 0],
  ArrowUp: [0, 80],
  ArrowDown: [0, -80],
};

function Stage({ photo, onClose }: { readonly photo: Photo; readonly onClose: () => void }) {
  const { t } = useTranslation("photos");
  const zoom = useZoom();
  const latest = useRef(zoom);
  latest.current = zoom;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      const { current } = latest;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const move = MOVES[event.key];
      if (event.key === "+" || event.key === "=") current.in();
      else if (event.key === "-") current.out();
      else if (event.key === "0") current.fit();
      else if (move !== undefined) current.move(...move);
      else return;
      event.preventDefault();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  const { level, x, y } = zoom.view;
  const tool = { variant: "filled", color: "dark", size: 42, radius: "xl" } as const;
  return (
    <div className={classes.stage} ref={zoom.stage} {...zoom.handlers}>
      <div
        className={classes.sheet}
        data-zoomed={level > 1}
        style={{ transform: `translate(${x}px, ${y}px) scale(${level})` }}
      >
        <Picture photo={photo} size="full" eager fit="contain" />
      </div>
      {/* Buttons are for pressing: a drag that begins on them moves nothing. */}
      <div className={classes.tools} onPointerDown={(event) => event.stopPropagation()}>
        <ActionIcon {...tool} aria-label={t("zoom.out")} onClick={zoom.out} disabled={level === 1}>
          <IconMinus size={20} aria-hidden="true" />
        </ActionIcon>
        <output className={classes.level}>
          {t("zoom.level", { percent: Math.round(level * 100) })}
        </output>
        <ActionIcon {...tool} aria-label={t("zoom.in")} onClick={zoom.in} disabled={level === MOST}>
          <IconPlus size={20} aria-hidden="true" />
        </ActionIcon>
        <ActionIcon {...tool} aria-label={t("zoom.fit")} onClick={zoom.fit}>
          <IconZoomReset size={20} aria-hidden="true" />
        </ActionIcon>
        <ActionIcon {...tool} aria-label={t("zoom.close")} onClick={onClose} data-autofocus>
          <IconX size={20} aria-hidden="true" />
        </ActionIcon>
      </div>
    </div>
  );
}

export interface ZoomProps {
  readonly photo: Photo;
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function Zoom({ photo, opened, onClose }: ZoomProps) {
  const { t } = useTranslation("photos");
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      fullScreen
      withCloseButton={false}
      padding={0}
      transitionProps={{ duration: 0 }}
      // On the dialog itself: on the whole it would name the layer around it.
      attributes={{ content: { "aria-label": t("zoom.title") } }}
      classNames={{ content: classes.content, body: classes.content }}
    >
      <Stage photo={photo} onClose={onClose} />
    </Modal>
  );
}
