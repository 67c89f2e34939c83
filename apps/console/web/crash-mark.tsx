/** That the process of a region ended by itself: how often, and why the last time. */
import { useTranslation } from "react-i18next";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { TimeAgo } from "../../../layers/presentation/components/time-ago.tsx";
import { useFormat } from "../../../layers/presentation/context.tsx";
import classes from "./console.module.css";

/** Of a region, as `/control/status` lists it. */
export interface Crashes {
  readonly id: string;
  readonly crashes: number;
  readonly lastCrash: { readonly at: string; readonly reason: string } | null;
  /** It is started again after so long. */
  readonly restartsInMs?: number;
}

export function CrashMark({ crashes }: { readonly crashes: Crashes | undefined }) {
  const { t } = useTranslation("console");
  const format = useFormat();
  if (crashes === undefined || crashes.crashes === 0) return null;
  const { crashes: count, lastCrash, restartsInMs } = crashes;
  return (
    <ul className={classes.marks}>
      <li>
        <Chip tone="danger">{t("crash.times", { count })}</Chip>{" "}
        {lastCrash === null ? null : (
          <span className={classes.term}>
            <TimeAgo at={lastCrash.at} />: {lastCrash.reason}
          </span>
        )}{" "}
        {restartsInMs === undefined ? null : (
          <span className={classes.term}>
            {t("crash.again", { time: format.span(restartsInMs) })}
          </span>
        )}
      </li>
    </ul>
  );
}
