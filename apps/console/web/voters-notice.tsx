/** Says when voters do not answer, what that stops, and what to bring back. */
import { useTranslation } from "react-i18next";
import { Notice } from "../../../layers/presentation/components/notice.tsx";
import { useFormat, useLive } from "../../../layers/presentation/context.tsx";
import { missingVoters } from "../../../layers/routing/voters.ts";
import { useSiteName } from "./fault-marks.tsx";

/** The sentence on the voters that do not answer; undefined while a majority does. */
export function useNoMajority(): string | undefined {
  const { t } = useTranslation("console");
  const { voters } = useLive();
  const names = useMissingNames();
  if (voters.majority !== false) return undefined;
  const count = missingVoters(voters).length;
  return t("voters.none", { count, total: voters.voters.length, names });
}

function useMissingNames(): string {
  const { voters } = useLive();
  const format = useFormat();
  const nameOf = useSiteName();
  return format.list(missingVoters(voters).map(({ id }) => nameOf(id)));
}

export function VotersNotice() {
  const { t } = useTranslation("console");
  const { voters } = useLive();
  const names = useMissingNames();
  const noMajority = useNoMajority();
  const missing = missingVoters(voters);
  return (
    <div role="status" aria-live="polite">
      {noMajority === undefined ? null : (
        <Notice tone="danger" title={t("voters.noneTitle")}>
          {noMajority}
        </Notice>
      )}
      {noMajority === undefined && missing.length > 0 ? (
        <Notice tone="warning">{t("voters.some", { names })}</Notice>
      ) : null}
    </div>
  );
}
