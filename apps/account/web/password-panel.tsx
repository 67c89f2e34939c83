/** Another password for the account that is signed in. */
import { Button, Paper, PasswordInput, Stack, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Notice } from "../../../layers/presentation/components/notice.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { useKit } from "../../../layers/presentation/context.tsx";
import { useWrite } from "../../../layers/presentation/use-write.ts";

interface Change {
  readonly currentPassword?: string;
  readonly newPassword: string;
}

export function PasswordPanel() {
  const { t } = useTranslation("account");
  const { api } = useKit();
  const client = useQueryClient();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [isDone, setIsDone] = useState(false);
  const write = useWrite<Change, unknown>({
    send: (body, key, signal) => api.request("POST", "/identity/password", { body, key, signal }),
    onDone: () => {
      setCurrent("");
      setNext("");
      setIsDone(true);
      void client.invalidateQueries();
    },
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setIsDone(false);
    const newPassword = next;
    write.start(current === "" ? { newPassword } : { currentPassword: current, newPassword });
  };
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        {t("password.title")}
      </Title>
      <Paper withBorder p="lg" bg="var(--understudy-surface)">
        <form onSubmit={submit}>
          <Stack maw={420}>
            <PasswordInput
              label={t("password.current")}
              value={current}
              onChange={(event) => setCurrent(event.currentTarget.value)}
              autoComplete="current-password"
              maxLength={512}
            />
            <PasswordInput
              label={t("password.next")}
              description={t("password.hint")}
              value={next}
              onChange={(event) => setNext(event.currentTarget.value)}
              autoComplete="new-password"
              required
              minLength={8}
              maxLength={512}
            />
            <Button type="submit" loading={write.busy} w="fit-content">
              {t("password.submit")}
            </Button>
            <WriteNotice write={write} />
            <div role="status">
              {isDone ? <Notice tone="ok">{t("password.done")}</Notice> : null}
            </div>
          </Stack>
        </form>
      </Paper>
    </section>
  );
}
