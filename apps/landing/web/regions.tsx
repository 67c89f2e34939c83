/** The regions, live: which one serves what right now. */
import { Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Chip } from "../../../layers/presentation/components/chip.tsx";
import { Loading } from "../../../layers/presentation/components/empty.tsx";
import { RegionName } from "../../../layers/presentation/components/region-badge.tsx";
import { useFormat, useLive } from "../../../layers/presentation/context.tsx";
import type { LiveRegion } from "../../../layers/presentation/live/live-state.ts";
import { useAppName } from "../../../layers/presentation/use-app-name.ts";
import classes from "./landing.module.css";

function Region({ region }: { readonly region: LiveRegion }) {
  const { t } = useTranslation(["landing", "kit"]);
  const appName = useAppName();
  const format = useFormat();
  const serves = useLive()
    .apps.filter((app) => app.servingRegions.includes(region.id))
    .map((app) => appName(app.app));
  const well = region.up && region.healthy;
  return (
    <li className={classes.region} data-serving={serves.length > 0 && well}>
      <RegionName id={region.id} />
      <Chip tone={well ? "ok" : "danger"}>
        {t(region.up ? (region.healthy ? "regions.up" : "regions.unhealthy") : "regions.down")}
      </Chip>
      <span className={classes.role}>
        {serves.length > 0
          ? t("regions.serves", { apps: format.list(serves) })
          : region.up
            ? t("regions.stands")
            : null}
      </span>
    </li>
  );
}

export function Regions() {
  const { t } = useTranslation("landing");
  const { regions, connection } = useLive();
  return (
    <section aria-labelledby="regions-title" aria-live="polite">
      <Title order={2} size="h4" mb="sm" id="regions-title">
        {t("regions.title")}
      </Title>
      {regions.length === 0 && connection !== "offline" ? <Loading rows={2} height={56} /> : null}
      <ul className={classes.regions}>
        {regions.map((region) => (
          <Region key={region.id} region={region} />
        ))}
      </ul>
    </section>
  );
}
