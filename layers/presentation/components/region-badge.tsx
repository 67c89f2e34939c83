/**
 * Which region answered last, and in which epoch: flag, city, id.
 */
import { useTranslation } from "react-i18next";
import { placeOf, regionName } from "../../../base/places.ts";
import { useFormat, useKit, useLanguage, useObservation } from "../context.tsx";
import { Flag } from "./flag.tsx";
import classes from "./region-badge.module.css";

/** A region's name for people, with its id where that is something else. */
export function RegionName({ id }: { readonly id: string }) {
  const language = useLanguage();
  const name = regionName(id, language);
  return (
    <span className={classes.name}>
      <Flag country={placeOf(id)?.country} />
      <span className={classes.city}>{name}</span>
      {name === id ? null : <code className={classes.id}>{id}</code>}
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
  const name = regionName(id, language);
  const land = country && format.country(country);
  const place = land && land !== name ? `${name}, ${land}` : name;
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
