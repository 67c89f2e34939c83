/**
 * Sign in or create an account: a form, and a dialog shared by all apps. The session is a cookie
 * that the server sets; nothing secret is kept by the page beyond its life.
 */
import { Anchor, Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useIdentityChanged, useKit } from "../context.tsx";
import { useWrite } from "../use-write.ts";
import { ProviderButtons } from "./provider-buttons.tsx";
import { WriteNotice } from "./write-notice.tsx";

interface Credentials {
  readonly username: string;
  readonly password: string;
  readonly email?: string;
}

export interface IdentityFormProps {
  readonly startsNew?: boolean;
  /** A path to come back to from another provider; this page by default. */
  readonly returnTo?: string;
  /** Told whenever the person chooses between signing in and a new account. */
  readonly onMode?: (isNew: boolean) => void;
  readonly onDone: () => void;
}

/** More than is allowed, so that a longer one is refused and never cut off in silence. */
const PASSWORD_MOST = 512;

export function IdentityForm({ startsNew = false, returnTo, onMode, onDone }: IdentityFormProps) {
  const { t } = useTranslation("kit");
  const { api } = useKit();
  const changed = useIdentityChanged();
  const [isNew, setIsNew] = useState(startsNew);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [email, setEmail] = useState("");
  const write = useWrite<Credentials, void>({
    app: "identity",
    send: async (credentials, key, signal) => {
      if (isNew) {
        const answer = await api.request<{ accessToken?: string }>("POST", "/identity/sign-up", {
          body: credentials,
          key,
          signal,
        });
        if (answer.value?.accessToken !== undefined) return;
      }
      const { email: _, ...body } = credentials;
      await api.request("POST", "/identity/sign-in", { body, key: `${key}-in`, signal });
    },
    onDone: () => {
      void changed(true);
      onDone();
    },
  });
  const change = (): void => {
    // What went wrong with the one says nothing of the other.
    write.stop();
    setIsNew(!isNew);
    onMode?.(!isNew);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    write.start({ username: username.trim(), password, ...(isNew && email ? { email } : {}) });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={t("identity.username")}
          description={isNew ? t("identity.usernameHint") : undefined}
          value={username}
          onChange={(event) => setUsername(event.currentTarget.value)}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          maxLength={64}
          data-autofocus
        />
        <PasswordInput
          label={t("identity.password")}
          description={isNew ? t("identity.passwordHint") : undefined}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete={isNew ? "new-password" : "current-password"}
          required
          minLength={isNew ? 8 : 1}
          maxLength={PASSWORD_MOST}
        />
        {isNew ? (
          <TextInput
            label={t("identity.email")}
            // A browser's own check of the type email refuses names in other scripts (RFC 6531).
            inputMode="email"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            autoComplete="email"
            maxLength={254}
          />
        ) : null}
        <Button type="submit" loading={write.busy}>
          {t(isNew ? "identity.signUp" : "identity.signIn")}
        </Button>
        <WriteNotice write={write} />
        <Group justify="space-between">
          <Anchor component="button" type="button" size="sm" onClick={change}>
            {t(isNew ? "identity.haveAccount" : "identity.noAccount")}
          </Anchor>
          {isNew ? null : (
            <Anchor size="sm" href="/account/reset">
              {t("identity.forgotten")}
            </Anchor>
          )}
        </Group>
        <ProviderButtons returnTo={returnTo} />
        <Text size="sm" c="dimmed">
          {t("identity.lost")}
        </Text>
      </Stack>
    </form>
  );
}

export interface IdentityDialogProps {
  readonly opened: boolean;
  readonly onClose: () => void;
}

export function IdentityDialog({ opened, onClose }: IdentityDialogProps) {
  const { t } = useTranslation("kit");
  const [isNew, setIsNew] = useState(false);
  const close = (): void => {
    // The form is made anew with the next opening, and begins with signing in.
    setIsNew(false);
    onClose();
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={t(isNew ? "identity.signUp" : "identity.signIn")}
      closeButtonProps={{ "aria-label": t("identity.close") }}
    >
      <IdentityForm onMode={setIsNew} onDone={close} />
    </Modal>
  );
}
