/** What a decision costs, how long it takes, and what has drifted, in words. */
import { useTranslation } from "react-i18next";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { useFormat } from "../../../layers/presentation/context.tsx";
import classes from "./console.module.css";
import type { Assessment, Drift } from "./decision.ts";

function useDriftText(): (drift: Drift) => string {
  const { t } = useTranslation("console");
  const format = useFormat();
  return (drift) => {
    switch (drift.kind) {
      case "behind":
        return drift.writes === undefined
          ? t("decide.driftUnknown")
          : t("decide.driftBehind", { writes: format.number(drift.writes) });
      case "outOfSync":
        return t("decide.driftOutOfSync");
      case "targetDown":
        return t("decide.driftTargetDown");
      case "targetUnhealthy":
        return t("decide.driftTargetUnhealthy");
      case "holderWell":
        return t("decide.driftHolderWell");
      case "manual":
        return t("decide.driftManual");
      case "alone":
        return t("decide.driftAlone");
    }
  };
}

function Loss({ writes }: { readonly writes: number | undefined }) {
  const { t } = useTranslation("console");
  if (writes === undefined) return <Chip tone="danger">{t("decide.lossUnknown")}</Chip>;
  if (writes === 0) return <Chip tone="ok">{t("decide.lossNone")}</Chip>;
  return <Chip tone="danger">{t("decide.lossWrites", { count: writes })}</Chip>;
}

interface DecisionFactsProps {
  readonly assessment: Assessment;
  /** Why nothing can be changed now. */
  readonly noMajority: string | undefined;
}

export function DecisionFacts({ assessment, noMajority }: DecisionFactsProps) {
  const { t } = useTranslation("console");
  const format = useFormat();
  const driftText = useDriftText();
  const { duration } = assessment;
  // Without a majority no region can hand over, however well it is.
  const drifts = assessment.drifts.filter(
    ({ kind }) => noMajority === undefined || kind !== "holderWell",
  );
  return (
    <dl className={classes.decision}>
      <dt>{t("decide.loss")}</dt>
      <dd>
        <Loss writes={assessment.lossWrites} />
      </dd>
      <dt>{t("decide.duration")}</dt>
      <dd>
        {noMajority === undefined ? null : t("decide.durationNever")}
        {noMajority === undefined && duration.kind === "instant"
          ? t("decide.durationInstant")
          : null}
        {noMajority === undefined && duration.kind === "unknown"
          ? t("decide.durationUnknown")
          : null}
        {noMajority === undefined && duration.kind === "pause"
          ? t("decide.durationPause", { time: format.span(duration.ms) })
          : null}
        {noMajority === undefined && duration.kind === "wait"
          ? t("decide.durationWait", { time: format.span(duration.ms) })
          : null}
      </dd>
      {assessment.hasTarget ? <dt>{t("decide.drift")}</dt> : null}
      {assessment.hasTarget ? (
        <dd>
          {drifts.length === 0 ? (
            t("decide.driftNone")
          ) : (
            <ul>
              {drifts.map((drift) => (
                <li key={drift.kind}>{driftText(drift)}</li>
              ))}
            </ul>
          )}
        </dd>
      ) : null}
    </dl>
  );
}
