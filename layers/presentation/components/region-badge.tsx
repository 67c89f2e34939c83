/**
 * Which region answered last, and in which epoch: flag, city, id.
 */
import { useTranslation } from "react-i18next";
import { useFormat, useKit, useLanguage, useObservation } from "../context.tsx";
import { cityOf, placeOf } from "../live/places.ts";
import { Flag } from "./flag.tsx";
import classes from "./region-badge.module.css";

/** A region's name for people: its city, with its id where that is something else. */
export function RegionName({ id }: { readonly id: string }) {
  const language = useLanguage();
  const city = cityOf(id, language);
  return (
    <span className={classes.name}>
      <Flag country={placeOf(id)?.country} />
      <span className={classes.city}>{city}</span>
      {city === id ? null : <code className={classes.id}>{id}</code>}
    </span>
  );
}

export function RegionBadge() {
  const { t } = useTranslation("kit");
  const { app } = useKit();
  const language = useLanguage();
  const format = useFormat();
  const ofApp = useObservation(app ?? "routing");
  const ofRouting = useObservation("routing");
  // Until the app itself has answered, the region that told of the routing.
  const observed = ofApp.region === undefined ? ofRouting : ofApp;
  const id = observed.region;
  if (id === undefined) {
    return <span className={classes.badge}>{t("header.notAnswered")}</span>;
  }
  const country = placeOf(id)?.country;
  const epoch = observed.epoch === undefined ? "–" : format.number(observed.epoch);
  const place = country
    ? `${cityOf(id, language)}, ${format.country(country)}`
    : cityOf(id, language);
  return (
    <output
      className={classes.badge}
      title={t("header.answeredBy", { place, region: id, epoch })}
      aria-label={t("header.answeredBy", { place, region: id, epoch })}
    >
      <RegionName id={id} />
      {observed.epoch === undefined ? null : (
        <span className={classes.epoch}>{t("header.epoch", { epoch })}</span>
      )}
    </output>
  );
}
