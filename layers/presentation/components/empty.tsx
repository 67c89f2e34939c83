/** A page part with nothing to show, or that could not be loaded, with what to do about it. */
import { Button, Skeleton, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { problemOf } from "../api/problem.ts";
import classes from "./empty.module.css";
import { Notice } from "./notice.tsx";
import { ProblemText } from "./write-notice.tsx";

export function Empty({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}) {
  return (
    <div className={classes.empty}>
      <Text fw={650}>{title}</Text>
      {children}
    </div>
  );
}

export function LoadFailed({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry: () => void;
}) {
  const { t } = useTranslation("kit");
  return (
    <div role="alert">
      <Notice
        tone="danger"
        title={t("data.failed")}
        actions={
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            {t("data.retry")}
          </Button>
        }
      >
        <ProblemText problem={problemOf(error)} />
      </Notice>
    </div>
  );
}

/** Grey bars in the place of what is loading; told once to screen readers. */
export function Loading({
  rows,
  height = 72,
}: {
  readonly rows: number;
  readonly height?: number;
}) {
  const { t } = useTranslation("kit");
  return (
    <Stack gap="sm" role="status" aria-label={t("data.loading")}>
      {Array.from({ length: rows }, (_, row) => `row-${row}`).map((key) => (
        <Skeleton key={key} height={height} radius="md" />
      ))}
    </Stack>
  );
}
