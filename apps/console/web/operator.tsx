/**
 * Who may act: somebody signed in with the role, or whoever has the operator's token. The token is
 * asked once, kept in this tab only, and sent as a bearer token.
 */
import { Button, Code, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import {
  createContext,
  type FormEvent,
  type ReactNode,
  useContext,
  useMemo,
  useState,
} from "react";
import { Trans, useTranslation } from "react-i18next";
import { remember, remembered } from "../../../layers/presentation/components/memory.ts";
import { Notice } from "../../../layers/presentation/components/notice.tsx";
import { Account } from "../../../layers/presentation/components/page-frame.tsx";
import { useKit, useLive, useMe } from "../../../layers/presentation/context.tsx";

const MEMORY = "understudy.operator-token";

export interface Operator {
  /** By token or by session. */
  readonly may: boolean;
  /** Signed in with the role: no token is needed. */
  readonly name: string | undefined;
  readonly token: string | undefined;
  ask(): void;
  /** The server did not take the token, or the session: forget it and ask for a token. */
  refused(): void;
  leave(): void;
}

const OperatorContext = createContext<Operator | undefined>(undefined);

export function useOperator(): Operator {
  const operator = useContext(OperatorContext);
  if (operator === undefined) throw new Error("useOperator: no OperatorProvider above");
  return operator;
}

interface TokenDialogProps {
  readonly opened: boolean;
  readonly wasRefused: boolean;
  readonly onClose: () => void;
  readonly onToken: (token: string) => void;
}

function TokenDialog({ opened, wasRefused, onClose, onToken }: TokenDialogProps) {
  const { t } = useTranslation(["console", "kit"]);
  const [token, setToken] = useState("");
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (token.trim() === "") return;
    onToken(token.trim());
    setToken("");
  };
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t("operator.title")}
      centered
      closeButtonProps={{ "aria-label": t("kit:identity.close") }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Text size="sm">
            <Trans t={t} i18nKey="operator.link" components={{ code: <Code /> }} />
          </Text>
          {wasRefused ? <Notice tone="danger">{t("operator.refused")}</Notice> : null}
          <PasswordInput
            label={t("operator.token")}
            value={token}
            onChange={(event) => setToken(event.currentTarget.value)}
            autoComplete="off"
            required
            data-autofocus
          />
          <Text size="sm" c="dimmed">
            <Trans t={t} i18nKey="operator.hint" components={{ code: <Code /> }} />
          </Text>
          <Button type="submit">{t("operator.enter")}</Button>
        </Stack>
      </form>
    </Modal>
  );
}

/** While no region answers, the supervisor alone can say whether this session is an operator's. */
function useSupervisorsWord(isNeeded: boolean): boolean {
  const { api } = useKit();
  const { connection } = useLive();
  const query = useQuery({
    queryKey: ["supervisor's word"],
    enabled: isNeeded && connection === "offline",
    queryFn: ({ signal }) =>
      api.request("GET", "/control/status", { signal }).then(
        () => true,
        () => false,
      ),
  });
  return isNeeded && query.data === true;
}

export function OperatorProvider({ children }: { readonly children: ReactNode }) {
  const [token, setToken] = useState(() => remembered(MEMORY, "tab") ?? undefined);
  const [asking, setAsking] = useState<"no" | "first" | "again">("no");
  const me = useMe();
  const name = me?.roles?.includes("operator") === true ? me.username : undefined;
  const isKnownToSupervisor = useSupervisorsWord(me === undefined && token === undefined);
  const operator = useMemo<Operator>(() => {
    const keep = (next: string | undefined): void => {
      remember(MEMORY, next ?? null, "tab");
      setToken(next);
    };
    return {
      may: token !== undefined || name !== undefined || isKnownToSupervisor,
      name,
      token,
      ask: () => setAsking("first"),
      refused: () => {
        keep(undefined);
        setAsking(token === undefined ? "first" : "again");
      },
      leave: () => keep(undefined),
    };
  }, [token, name, isKnownToSupervisor]);
  return (
    <OperatorContext value={operator}>
      {children}
      <TokenDialog
        opened={asking !== "no"}
        wasRefused={asking === "again"}
        onClose={() => setAsking("no")}
        onToken={(next) => {
          remember(MEMORY, next, "tab");
          setToken(next);
          setAsking("no");
        }}
      />
    </OperatorContext>
  );
}

/** In the page header, in place of the account. */
export function OperatorButton() {
  const { t } = useTranslation("console");
  const operator = useOperator();
  if (operator.name !== undefined) return <Account />;
  return operator.token === undefined ? (
    <Button size="xs" h={34} onClick={operator.ask}>
      {t("operator.signIn")}
    </Button>
  ) : (
    <Button size="xs" h={34} variant="default" onClick={operator.leave}>
      {t("operator.signOut")}
    </Button>
  );
}
