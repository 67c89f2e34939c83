/** What was done to a site on purpose and is not over, and the buttons that fit it. */
import { Button, Group } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { regionName } from "../../../base/places.ts";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { TimeAgo } from "../../../layers/presentation/components/time-ago.tsx";
import { useLanguage } from "../../../layers/presentation/context.tsx";
import type { Write } from "../../../layers/presentation/use-write.ts";
import { type ActiveFault, buttonsFor, faultsOf, otherEnd } from "./active-faults.ts";
import classes from "./console.module.css";
import type { Fault } from "./control.ts";

export interface Injection {
  readonly kind: Fault;
  readonly regions: readonly string[];
}

export function useSiteName(): (site: string) => string {
  const { t } = useTranslation("console");
  const language = useLanguage();
  return (site) => (site === "witness" ? t("check.witness") : regionName(site, language));
}

export interface FaultsOfSite {
  readonly site: string;
  readonly isUp: boolean;
  readonly faults: readonly ActiveFault[];
  readonly write: Write<Injection>;
}

export function FaultMarks({ site, faults }: Pick<FaultsOfSite, "site" | "faults">) {
  const { t } = useTranslation("console");
  const nameOf = useSiteName();
  const own = faultsOf(faults, site);
  if (own.length === 0) return null;
  return (
    <ul className={classes.marks}>
      {own.map((fault) => {
        const other = otherEnd(fault, site);
        const what =
          other === undefined
            ? t(`active.${fault.kind}`)
            : t(`active.link.${fault.kind as "slow"}`, { other: nameOf(other) });
        return (
          <li key={`${fault.kind} ${fault.sites.join()} ${fault.since}`}>
            <Chip tone="warning">{what}</Chip>{" "}
            <span className={classes.term}>
              <TimeAgo at={fault.since} /> {t("active.by", { by: fault.by })}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

export function FaultButtons({ site, isUp, faults, write }: FaultsOfSite) {
  const { t } = useTranslation("console");
  const name = useSiteName()(site);
  return (
    <Group gap={6}>
      {buttonsFor(faults, site, isUp).map((kind) => (
        <Button
          key={kind}
          size="compact-sm"
          variant={kind === "kill" ? "filled" : "default"}
          color={kind === "kill" ? "red.8" : undefined}
          disabled={write.busy}
          title={t(`fault.${kind}Full`, { region: name })}
          aria-label={t(`fault.${kind}Full`, { region: name })}
          onClick={() => write.start({ kind, regions: [site] })}
        >
          {t(`fault.${kind}`)}
        </Button>
      ))}
    </Group>
  );
}
