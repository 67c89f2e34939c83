/** The comments of a ticket, oldest first, and the form for one more. */
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import { CommentForm } from "../../../layers/presentation/components/comment-form.tsx";
import { LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import { TimeAgo } from "../../../layers/presentation/components/time-ago.tsx";
import { useMe } from "../../../layers/presentation/context.tsx";
import classes from "./detail-page.module.css";
import { COMMENT_MAX } from "./ticket.ts";
import { commentsPath, useComments } from "./tickets-data.ts";

export interface CommentsProps {
  readonly ticketId: string;
  readonly field: RefObject<HTMLTextAreaElement | null>;
}

function Thread({ ticketId }: Pick<CommentsProps, "ticketId">) {
  const { t } = useTranslation("tickets");
  const me = useMe();
  const query = useComments(ticketId);
  if (query.data === undefined) {
    if (me === null) return null;
    if (!query.isError) return <Loading rows={2} height={64} />;
    return <LoadFailed error={query.error} onRetry={() => void query.refetch()} />;
  }
  const comments = query.data.pages.flatMap((page) => page.items);
  if (comments.length === 0) return <Text c="dimmed">{t("comments.none")}</Text>;
  return (
    <>
      <ol className={classes.comments}>
        {comments.map((comment) => (
          <li key={comment.id} className={classes.comment}>
            <div className={classes.byline}>
              <strong>{comment.author}</strong> <TimeAgo at={comment.createdOn} />
            </div>
            <p className={classes.prose}>{comment.text}</p>
          </li>
        ))}
      </ol>
      {query.hasNextPage ? (
        <Group justify="center">
          <Button
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t("comments.more")}
          </Button>
        </Group>
      ) : null}
    </>
  );
}

export function Comments({ ticketId, field }: CommentsProps) {
  const { t } = useTranslation("tickets");
  const me = useMe();
  const client = useQueryClient();
  return (
    <section aria-labelledby="comments-title">
      <Stack>
        <Title order={2} size="h4" id="comments-title">
          {t("comments.title")}
        </Title>
        <Thread ticketId={ticketId} />
        {me ? (
          <CommentForm
            intent={`comment.${ticketId}`}
            label={t("comments.add")}
            action={t("comments.send")}
            maxLength={COMMENT_MAX}
            field={field}
            path={commentsPath(ticketId)}
            onSent={() => void client.invalidateQueries({ queryKey: ["comments", ticketId] })}
          />
        ) : null}
      </Stack>
    </section>
  );
}
