/** A new password with a code: ask for one, then set it. */
import { Anchor, Button, Paper, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Notice } from "../../../layers/presentation/components/notice.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import { useIdentityChanged, useKit } from "../../../layers/presentation/context.tsx";
import { usePageTitle } from "../../../layers/presentation/use-page-title.ts";
import { useWrite } from "../../../layers/presentation/use-write.ts";

interface Reset {
  readonly username: string;
  readonly code: string;
  readonly newPassword: string;
}

export function ResetPage() {
  const { t } = useTranslation(["account", "kit"]);
  usePageTitle(t("reset.title"));
  const { api } = useKit();
  const changed = useIdentityChanged();
  const [step, setStep] = useState<"ask" | "asked" | "code">("ask");
  const [username, setUsername] = useState("");
  const [code, setCode] = useState("");
  const [newPassword, setNewPassword] = useState("");
  const ask = useWrite<string, unknown>({
    send: (name, key, signal) =>
      api.request("POST", "/identity/password/reset", { body: { username: name }, key, signal }),
    onDone: () => setStep("asked"),
  });
  const reset = useWrite<Reset, unknown>({
    send: (body, key, signal) =>
      api.request("POST", "/identity/password/reset/confirm", { body, key, signal }),
    onDone: async () => {
      await changed(true);
      window.location.replace("/account/");
    },
  });
  const isAsking = step === "ask";
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (isAsking) ask.start(username.trim());
    else reset.start({ username: username.trim(), code: code.trim(), newPassword });
  };
  return (
    <Stack maw={440} w="100%" mx="auto">
      <Title order={1} size="h2">
        {t("reset.title")}
      </Title>
      <Text size="sm">
        {t("reset.intro")} {t("reset.local")}
      </Text>
      {step === "asked" ? <Notice tone="ok">{t("reset.asked")}</Notice> : null}
      <Paper withBorder p="lg" bg="var(--understudy-surface)">
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label={t("kit:identity.username")}
              value={username}
              onChange={(event) => setUsername(event.currentTarget.value)}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              maxLength={64}
            />
            {isAsking ? null : (
              <>
                <TextInput
                  label={t("reset.code")}
                  value={code}
                  onChange={(event) => setCode(event.currentTarget.value)}
                  autoComplete="one-time-code"
                  spellCheck={false}
                  required
                  maxLength={64}
                />
                <PasswordInput
                  label={t("password.next")}
                  description={t("password.hint")}
                  value={newPassword}
                  onChange={(event) => setNewPassword(event.currentTarget.value)}
                  autoComplete="new-password"
                  required
                  minLength={8}
                  maxLength={512}
                />
              </>
            )}
            <Button type="submit" loading={ask.busy || reset.busy}>
              {t(isAsking ? "reset.ask" : "reset.submit")}
            </Button>
            <WriteNotice write={isAsking ? ask : reset} />
            {isAsking ? (
              <Anchor component="button" type="button" size="sm" onClick={() => setStep("code")}>
                {t("reset.haveCode")}
              </Anchor>
            ) : null}
          </Stack>
        </form>
      </Paper>
    </Stack>
  );
}
