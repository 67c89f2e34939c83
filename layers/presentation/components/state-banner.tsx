/**
 * Says what is going on with the app, when something is; silent when all is well. The region is
 * announced politely to screen readers whenever its words change.
 */
import { Stack } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { regionName } from "../../../base/places.ts";
import {
  useFormat,
  useKit,
  useLanguage,
  useLive,
  useLiveApp,
  useObservation,
} from "../context.tsx";
import { wordingOf } from "../live/wording.ts";
import { Notice } from "./notice.tsx";

function Situation({ id }: { readonly id: string }) {
  const { t } = useTranslation("kit");
  const language = useLanguage();
  const format = useFormat();
  const live = useLive();
  const app = useLiveApp(id);
  if (live.connection === "offline") {
    return (
      <Notice
        tone="danger"
        title={t(navigator.onLine ? "banner.offline.title" : "banner.deviceOffline.title")}
      >
        {t(navigator.onLine ? "banner.offline.body" : "banner.deviceOffline.body")}
      </Notice>
    );
  }
  if (app === undefined) return null;
  const wording = wordingOf(app, live);
  if (wording.tone === "quiet") return null;
  const name = t(`app.${id as "tickets"}`, { defaultValue: id });
  const values = {
    app: name,
    serving: format.list(app.servingRegions.map((region) => regionName(region, language))) || "–",
    primary: regionName(app.primary, language),
  };
  return (
    <Notice tone={wording.tone} title={t(`banner.${wording.key}.title`, values)}>
      {t(`banner.${wording.key}.body`, values)}
    </Notice>
  );
}

function Staleness({ id }: { readonly id: string }) {
  const { t } = useTranslation("kit");
  const language = useLanguage();
  const format = useFormat();
  const seen = useObservation(id);
  const stale = seen.consistency === "stale";
  if (!stale && seen.missing === 0) return null;
  const region = regionName(seen.region ?? "", language);
  const age = seen.dataAgeMs;
  return (
    <Notice tone="info" title={stale ? t("banner.stale.title") : undefined}>
      {stale && age !== undefined
        ? t("banner.stale.body", { region, age: format.span(age) })
        : null}
      {stale && age === undefined ? t("banner.stale.bodyUnknown", { region }) : null}
      {seen.missing > 0 ? ` ${t("banner.missing", { count: seen.missing })}` : null}
    </Notice>
  );
}

export function StateBanner() {
  const { app } = useKit();
  return (
    <div role="status" aria-live="polite">
      <Stack gap="xs">
        {app === undefined ? null : <Situation id={app} />}
        {app === undefined ? null : <Staleness id={app} />}
      </Stack>
    </div>
  );
}
