/** What was said about a photo, oldest first, and the form for one more. New ones appear live. */
import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import { CommentForm } from "../../../layers/presentation/components/comment-form.tsx";
import { LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import { SignInNeeded } from "../../../layers/presentation/components/sign-in-needed.tsx";
import { TimeAgo } from "../../../layers/presentation/components/time-ago.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { useKit, useMe } from "../../../layers/presentation/context.tsx";
import { useWrite } from "../../../layers/presentation/use-write.ts";
import classes from "./detail-page.module.css";
import { COMMENT, commentsPath, mayRemove, type PhotoComment } from "./photo.ts";
import { useComments } from "./photos-data.ts";

function Said({ comment }: { readonly comment: PhotoComment }) {
  const { t } = useTranslation("photos");
  const { api } = useKit();
  const me = useMe();
  const client = useQueryClient();
  const removal = useWrite<void, unknown>({
    send: (_, key, signal) =>
      api.request("DELETE", `${commentsPath(comment.photoId)}/${encodeURIComponent(comment.id)}`, {
        key,
        signal,
      }),
    onDone: () => void client.invalidateQueries({ queryKey: ["comments", comment.photoId] }),
  });
  return (
    <li className={classes.comment}>
      <div className={classes.byline}>
        <span>
          <strong>{comment.author}</strong> <TimeAgo at={comment.createdOn} />
        </span>
        {mayRemove(comment.author, me) ? (
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            loading={removal.busy}
            aria-label={t("comments.deleteLabel", { text: comment.text.slice(0, 40) })}
            onClick={() => removal.start()}
          >
            {t("comments.delete")}
          </Button>
        ) : null}
      </div>
      <p className={classes.prose}>{comment.text}</p>
      <WriteNotice write={removal} />
    </li>
  );
}

function Thread({ photoId }: { readonly photoId: string }) {
  const { t } = useTranslation("photos");
  const me = useMe();
  const query = useComments(photoId);
  if (query.data === undefined) {
    if (me === null) return null;
    if (!query.isError) return <Loading rows={2} height={56} />;
    return <LoadFailed error={query.error} onRetry={() => void query.refetch()} />;
  }
  const comments = query.data.pages.flatMap((page) => page.items);
  return (
    <div aria-live="polite">
      {comments.length === 0 ? (
        <Text c="dimmed">{t("comments.none")}</Text>
      ) : (
        <ol className={classes.comments}>
          {comments.map((comment) => (
            <Said key={comment.id} comment={comment} />
          ))}
        </ol>
      )}
      {query.hasNextPage ? (
        <Group justify="center" mt="sm">
          <Button
            variant="default"
            loading={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            {t("comments.more")}
          </Button>
        </Group>
      ) : null}
    </div>
  );
}

export interface CommentsProps {
  readonly photoId: string;
  readonly field: RefObject<HTMLTextAreaElement | null>;
}

export function Comments({ photoId, field }: CommentsProps) {
  const { t } = useTranslation("photos");
  const me = useMe();
  const client = useQueryClient();
  return (
    <section aria-labelledby="comments-title">
      <Stack gap="sm">
        <Title order={2} size="h4" id="comments-title">
          {t("comments.title")}
        </Title>
        <Thread photoId={photoId} />
        {me === null ? <SignInNeeded>{t("comments.signIn")}</SignInNeeded> : null}
        {me ? (
          <CommentForm
            intent={`photo-comment.${photoId}`}
            label={t("comments.add")}
            action={t("comments.send")}
            maxLength={COMMENT.max}
            field={field}
            path={commentsPath(photoId)}
            onSent={() => void client.invalidateQueries({ queryKey: ["comments", photoId] })}
          />
        ) : null}
      </Stack>
    </section>
  );
}
