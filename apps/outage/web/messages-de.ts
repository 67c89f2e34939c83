/** German words of the page that stands in for all others. */
import type { Translation } from "../../../layers/presentation/i18n/translation.ts";
import type { outageEn } from "./messages-en.ts";

export const outageDe: Translation<typeof outageEn> = {
  title: "Keine Region steht auf der Bühne",
  what: "Gerade antwortet keine Region. Diese Seite sucht alle zwei Sekunden nach einer und öffnet sich, sobald eine zurück ist.",
  kept: "Was Sie geschrieben und noch nicht gesendet haben, bleibt in diesem Tab.",
  operators: "Operatoren holen in der Konsole eine Region zurück.",
  console: "Konsole öffnen",
  again: "Noch einmal versuchen",
  back: "Eine Region antwortet. Diese Seite öffnet sich ...",
};
