/** Status and priority in words and colour. */
import { useTranslation } from "react-i18next";
import { Chip, type ChipTone } from "../../../layers/presentation/components/chip.tsx";
import type { Priority, Status } from "./ticket.ts";

const STATUS_TONE: Readonly<Record<Status, ChipTone>> = {
  open: "info",
  "in-progress": "warning",
  closed: "plain",
};
const PRIORITY_TONE: Readonly<Record<Priority, ChipTone>> = {
  low: "plain",
  normal: "plain",
  high: "warning",
  urgent: "danger",
};

export function StatusLabel({ status }: { readonly status: Status }) {
  const { t } = useTranslation("tickets");
  return <Chip tone={STATUS_TONE[status]}>{t(`status.${status}`)}</Chip>;
}

export function PriorityLabel({ priority }: { readonly priority: Priority }) {
  const { t } = useTranslation("tickets");
  return <Chip tone={PRIORITY_TONE[priority]}>{t(`priority.${priority}`)}</Chip>;
}
