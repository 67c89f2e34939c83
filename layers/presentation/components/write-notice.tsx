/**
 * What became of a write that is under way: sending, waiting (and why), or failed.
 */
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ApiProblem, ProblemCode } from "../api/problem.ts";
import { useSignIn } from "../use-sign-in.ts";
import type { Write } from "../use-write.ts";
import { Notice } from "./notice.tsx";

const WAITING = {
  fenced: "waitingFenced",
  "not-serving": "waitingMoving",
  offline: "waitingOffline",
  "outcome-unknown": "waitingUnknown",
} as const;

const waitingKey = (code: ProblemCode) =>
  code in WAITING ? WAITING[code as keyof typeof WAITING] : "waitingUnavailable";

/** A problem in the reader's language, with the server's own detail where it adds something. */
export function ProblemText({ problem }: { readonly problem: ApiProblem }) {
  const { t } = useTranslation("kit");
  return (
    <>
      {t(`problem.${problem.code}`)}
      {problem.fields.length > 0 ? (
        <ul lang="en">
          {problem.fields.map((field) => (
            <li key={`${field.in}.${field.field}`}>
              <code>{field.field}</code>: {field.message}
            </li>
          ))}
        </ul>
      ) : null}
      {problem.fields.length === 0 && problem.detail !== "" ? (
        <div lang="en">
          <small>{problem.detail}</small>
        </div>
      ) : null}
    </>
  );
}

function SignInButton() {
  const { t } = useTranslation("kit");
  const signIn = useSignIn();
  return (
    <Button size="compact-sm" variant="default" onClick={signIn}>
      {t("identity.signIn")}
    </Button>
  );
}

/** The first tries fail over within a second: only a longer wait is worth words. */
const QUIET_ATTEMPTS = 1;

export function WriteNotice({
  write,
  onLeave,
}: {
  readonly write: Pick<Write<never>, "state" | "tryNow" | "stop">;
  /** Leaves it to the outbox, where the page has one for it. */
  readonly onLeave?: () => void;
}) {
  const { t } = useTranslation("kit");
  const { state } = write;
  const waiting = state.phase === "waiting" && state.attempts > QUIET_ATTEMPTS;
  return (
    <div role="status" aria-live="polite">
      {waiting ? (
        <Notice
          tone="warning"
          actions={
            <>
              <Button size="compact-sm" variant="default" onClick={write.tryNow}>
                {t("write.tryNow")}
              </Button>
              {onLeave === undefined ? null : (
                <Button size="compact-sm" variant="default" onClick={onLeave}>
                  {t("write.leave")}
                </Button>
              )}
              <Button size="compact-sm" variant="subtle" onClick={write.stop}>
                {t("write.stop")}
              </Button>
            </>
          }
        >
          {t(`write.${waitingKey(state.problem.code)}`)}{" "}
          <span>({t("write.attempts", { count: state.attempts })})</span>
        </Notice>
      ) : null}
      {state.phase === "failed" ? (
        <Notice
          tone="danger"
          title={t("write.failed")}
          actions={state.problem.code === "unauthenticated" ? <SignInButton /> : undefined}
        >
          <ProblemText problem={state.problem} />
        </Notice>
      ) : null}
    </div>
  );
}
