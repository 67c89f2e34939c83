/**
 * A framed message with a tone. Tone is never told by colour alone: icon and words carry it too.
 */
import {
  IconAlertTriangle,
  IconCircleCheck,
  IconInfoCircle,
  IconPlugConnectedX,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./notice.module.css";

export type NoticeTone = "ok" | "info" | "warning" | "danger";

const ICONS = {
  ok: IconCircleCheck,
  info: IconInfoCircle,
  warning: IconAlertTriangle,
  danger: IconPlugConnectedX,
} as const;

export interface NoticeProps {
  readonly tone: NoticeTone;
  readonly title?: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

export function Notice({ tone, title, children, actions }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div className={classes.notice} data-tone={tone}>
      <Icon className={classes.icon} size={20} aria-hidden="true" />
      <div className={classes.text}>
        {title === undefined ? null : <strong>{title}</strong>}
        {children === undefined ? null : <div>{children}</div>}
      </div>
      {actions === undefined ? null : <div className={classes.actions}>{actions}</div>}
    </div>
  );
}
