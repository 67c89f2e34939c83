/** The comments of a ticket, oldest first, and the form for one more. */
import { Button, Group, Stack, Text, Textarea, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import type { FormEvent, RefObject } from "react";
import { useTranslation } from "react-i18next";
import { LoadFailed, Loading } from "../../../layers/presentation/components/empty.tsx";
import { TimeAgo } from "../../../layers/presentation/components/time-ago.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { useMe } from "../../../layers/presentation/context.tsx";
import { useDraft } from "../../../layers/presentation/use-draft.ts";
import { useWrite } from "../../../layers/presentation/use-write.ts";
import classes from "./detail-page.module.css";
import { COMMENT_MAX } from "./ticket.ts";
import { useComments, useTicketCommands } from "./tickets-data.ts";

export interface CommentsProps {
  readonly ticketId: string;
  readonly field: RefObject<HTMLTextAreaElement | null>;
}

function Thread({ ticketId }: Pick<CommentsProps, "ticketId">) {
  const { t } = useTranslation("tickets");
  const query = useComments(ticketId);
  if (query.data === undefined) {
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
  const commands = useTicketCommands();
  const [text, setText] = useDraft(`comment.${ticketId}`);
  const write = useWrite<string, unknown>({
    intent: `comment.${ticketId}`,
    send: (body, key, signal) => commands.comment(ticketId, body, key, signal),
    onDone: () => {
      setText("");
      void client.invalidateQueries({ queryKey: ["comments", ticketId] });
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (text.trim() !== "") write.start(text.trim());
  };
  return (
    <section aria-labelledby="comments-title">
      <Stack>
        <Title order={2} size="h4" id="comments-title">
          {t("comments.title")}
        </Title>
        <Thread ticketId={ticketId} />
        {me ? (
          <form onSubmit={submit}>
            <Stack gap="sm">
              <Textarea
                ref={field}
                label={t("comments.add")}
                value={text}
                onChange={(event) => setText(event.currentTarget.value)}
                maxLength={COMMENT_MAX}
                rows={3}
                readOnly={write.busy}
              />
              <WriteNotice write={write} />
              <Group justify="flex-end">
                <Button type="submit" loading={write.busy} disabled={text.trim() === ""}>
                  {t("comments.send")}
                </Button>
              </Group>
            </Stack>
          </form>
        ) : null}
      </Stack>
    </section>
  );
}
