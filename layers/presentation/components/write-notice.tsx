/**
 * What became of a write that is under way: sending, waiting (and why), or failed.
 */
import { Button } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ApiProblem, ProblemCode } from "../api/problem.ts";
import type { Obstacle } from "../live/obstacle.ts";
import { useSignIn } from "../use-sign-in.ts";
import type { Write } from "../use-write.ts";
import { Notice } from "./notice.tsx";

const WAITING = {
  fenced: "fenced",
  "not-serving": "moving",
  "no-writer": "nobody",
  offline: "offline",
  "outcome-unknown": "unknown",
} as const;

const waitingKey = (code: ProblemCode | Obstacle) =>
  code in WAITING ? WAITING[code as keyof typeof WAITING] : "unavailable";

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

/** Why it waits; undefined while it may as well be on its way. */
function reasonOf({ state, obstacle }: Pick<Write<never>, "state" | "obstacle">) {
  if (state.phase === "sending") return obstacle;
  if (state.phase !== "waiting") return undefined;
  const { code } = state.problem;
  if (code === "not-serving" && obstacle === "no-writer") return obstacle;
  return state.attempts > QUIET_ATTEMPTS || code === "fenced" ? code : obstacle;
}

/** Stands below the buttons of its form: nothing that can be pressed moves when it comes. */

export function WriteNotice({
  write,
  onLeave,
}: {
  readonly write: Pick<Write<never>, "state" | "obstacle" | "outlives" | "tryNow" | "stop">;
  /** Leaves it to the outbox, where the page has something else to go on with. */
  readonly onLeave?: () => void;
}) {
  const { t } = useTranslation("kit");
  const { state } = write;
  const reason = reasonOf(write);
  return (
    <div role="status" aria-live="polite">
      {reason === undefined ? null : (
        <Notice
          tone="warning"
          actions={
            <>
              <Button
                size="compact-sm"
                variant="default"
                disabled={state.phase !== "waiting"}
                onClick={write.tryNow}
              >
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
          {t(`write.${write.outlives ? "kept" : "here"}.${waitingKey(reason)}`)}
          {state.phase === "waiting" ? (
            <span> ({t("write.attempts", { count: state.attempts })})</span>
          ) : null}
        </Notice>
      )}
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
