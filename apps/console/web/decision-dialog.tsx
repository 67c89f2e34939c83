/** The screen before an app is fenced or moved: the facts first, then the button. */
import {
  Button,
  Checkbox,
  Group,
  Modal,
  NativeSelect,
  Stack,
  Text,
  TextInput,
} from "@mantine/core";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { regionName } from "../../../base/places.ts";
import { visibleLength } from "../../../base/visible-text.ts";
import { Notice } from "../../../layers/presentation/components/notice.tsx";
import { WriteNotice } from "../../../layers/presentation/components/write-notice.tsx";
import {
  useFormat,
  useKit,
  useLanguage,
  useLive,
  useLiveApp,
} from "../../../layers/presentation/context.tsx";
import type { LiveApp } from "../../../layers/presentation/live/live-state.ts";
import { useAppName } from "../../../layers/presentation/use-app-name.ts";
import { useWrite } from "../../../layers/presentation/use-write.ts";
import { type Action, assess, stillChosen, targetsOf } from "./decision.ts";
import { DecisionFacts } from "./decision-facts.tsx";
import { useOperator } from "./operator.tsx";
import { useNoMajority } from "./voters-notice.tsx";

interface Order {
  readonly to: string | undefined;
  readonly reason: string;
  readonly acceptDataLoss: boolean;
}

interface FormProps {
  readonly app: LiveApp;
  readonly action: Action;
  readonly onClose: () => void;
  readonly onDone: (record: Partial<LiveApp>) => void;
}

/** A region answers each command within 15 s; another one is not asked before. */
const COMMAND_MS = 20_000;

function useOrder({ app, action, onDone }: FormProps) {
  const { api } = useKit();
  const operator = useOperator();
  return useWrite<Order, Partial<LiveApp>>({
    send: async ({ to, reason, acceptDataLoss }, key, signal) => {
      const path = `/routing/apps/${encodeURIComponent(app.app)}/${action}`;
      const body = {
        ...(to === undefined ? {} : { to }),
        ...(visibleLength(reason) === 0 ? {} : { reason }),
        ...(acceptDataLoss ? { acceptDataLoss } : {}),
      };
      const bearer = operator.token;
      const options = { body, key, signal, bearer, attemptMs: COMMAND_MS };
      return (await api.request<Partial<LiveApp>>("POST", path, options)).value;
    },
    onDone,
    onFailed: (problem) => {
      const isRefused = problem.code === "unauthenticated" || problem.code === "forbidden";
      if (isRefused) operator.refused();
      return isRefused;
    },
  });
}

function Form(props: FormProps) {
  const { app, action, onClose } = props;
  const { t } = useTranslation("console");
  const appName = useAppName();
  const format = useFormat();
  const language = useLanguage();
  const { regions } = useLive();
  const targets = targetsOf(app, action);
  const moves = action !== "fence" && action !== "unfence";
  const [chosen, setChosen] = useState(targets[0]);
  const [reason, setReason] = useState("");
  const [accepted, setAccepted] = useState(false);
  const write = useOrder(props);
  const to = moves ? stillChosen(targets, chosen) : undefined;
  const hasMoved = moves && targets.length > 0 && to === undefined;
  const assessment = assess(app, regions, action, to);
  const noMajority = useNoMajority();
  const stuck =
    noMajority !== undefined || assessment.blocked || (assessment.needsAcceptance && !accepted);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (!stuck) write.start({ to, reason: reason.trim(), acceptDataLoss: accepted });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text>{t(`action.${action}What`)}</Text>
        {moves && targets.length > 0 ? (
          <NativeSelect
            label={t("decide.target")}
            value={to ?? ""}
            onChange={(event) => setChosen(event.currentTarget.value)}
            data={[
              ...(hasMoved ? [{ value: "", label: "–" }] : []),
              ...targets.map((id) => ({
                value: id,
                label: `${regionName(id, language)} (${id})`,
              })),
            ]}
            disabled={action === "failback" || write.busy}
          />
        ) : null}
        {hasMoved ? null : <DecisionFacts assessment={assessment} noMajority={noMajority} />}
        {hasMoved && !write.busy ? (
          <Notice tone="warning">
            {t("decide.moved", {
              app: appName(app.app),
              serving: format.list(app.servingRegions.map((id) => regionName(id, language))),
            })}
          </Notice>
        ) : null}
        {noMajority === undefined ? null : <Notice tone="danger">{noMajority}</Notice>}
        {moves && targets.length === 0 ? (
          <Notice tone="danger">{t("decide.noTarget")}</Notice>
        ) : null}
        {assessment.blocked && !hasMoved && targets.length > 0 ? (
          <Notice tone="danger">{t("decide.blocked")}</Notice>
        ) : null}
        <TextInput
          label={t("decide.reason")}
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
          maxLength={200}
          data-autofocus
        />
        {assessment.needsAcceptance && !assessment.blocked ? (
          <Checkbox
            label={t("decide.accept")}
            checked={accepted}
            onChange={(event) => setAccepted(event.currentTarget.checked)}
          />
        ) : null}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {t("decide.cancel")}
          </Button>
          <Button
            type="submit"
            color={action === "failover" ? "red.8" : undefined}
            loading={write.busy}
            disabled={stuck}
          >
            {t("decide.confirm", { action: t(`action.${action}`) })}
          </Button>
        </Group>
        <WriteNotice write={write} />
      </Stack>
    </form>
  );
}

export interface DecisionDialogProps {
  readonly decision: { readonly app: string; readonly action: Action } | undefined;
  readonly onClose: () => void;
  readonly onDone: (action: Action, record: Partial<LiveApp>) => void;
}

export function DecisionDialog({ decision, onClose, onDone }: DecisionDialogProps) {
  const { t } = useTranslation(["console", "kit"]);
  const appName = useAppName();
  const app = useLiveApp(decision?.app);
  const title =
    decision === undefined
      ? ""
      : t("decide.title", {
          action: t(`action.${decision.action}`),
          app: appName(decision.app),
        });
  return (
    <Modal
      opened={decision !== undefined}
      onClose={onClose}
      title={title}
      size="lg"
      closeButtonProps={{ "aria-label": t("kit:identity.close") }}
    >
      {decision !== undefined && app !== undefined ? (
        <Form
          key={`${decision.app} ${decision.action}`}
          app={app}
          action={decision.action}
          onClose={onClose}
          onDone={(record) => onDone(decision.action, record)}
        />
      ) : null}
    </Modal>
  );
}
