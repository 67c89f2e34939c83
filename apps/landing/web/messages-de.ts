/** German words of the landing page. */
import type { Translation } from "../../../layers/presentation/i18n/translation.ts";
import type { landingEn } from "./messages-en.ts";

export const landingDe: Translation<typeof landingEn> = {
  title: "Eine Anwendung, die weiterläuft, wenn eine Region ausfällt",
  what: "Understudy betreibt eine Anwendung in zwei oder mehr Regionen, hält ihre Daten in jeder davon und zieht mit ihr um, wenn eine verloren geht. Danach zeigt es, wie lange das gedauert hat und welche bestätigten Schreibvorgänge fehlten.",
  steps: {
    title: "In drei Schritten ausprobieren",
    open: "Tickets öffnen und eines schreiben",
    openBody:
      "Konto anlegen und ein Ticket absenden. Die Marke oben nennt die Region, die geantwortet hat.",
    openLink: "Tickets öffnen",
    kill: "Die zuständige Region töten",
    killOperator:
      "Den Operator-Link öffnen, den der Start ausgegeben hat, und in der Konsole auf „Töten“ drücken. Ein weiterer Link:",
    killCommand: "Oder auf der Kommandozeile:",
    killLink: "Konsole öffnen",
    watch: "Zusehen, wie es weitergeht",
    watchBody:
      "Währenddessen noch ein Ticket absenden. Es kommt an, genau einmal, und die Marke nennt die andere Region. Das erste Ticket ist noch da, und die Anmeldung gilt weiter.",
  },
  apps: {
    title: "Anwendungen",
    tickets: "Störungen gemeinsam melden, übernehmen und abschließen.",
    photos: "Bilder hochladen und teilen; ihre Bytes liegen in beiden Regionen.",
    bookstore: "Bücher finden, bestellen und bewerten, in allen Regionen zugleich.",
    console: "Regionen, Epochen, Rückstand, gefährdete Schreibvorgänge; umschalten und stören.",
    openapi: "Beschreibung der Schnittstelle",
  },
  regions: {
    title: "Die Regionen im Augenblick",
    primary: "Hauptregion für {{apps}}",
    serves: "zuständig für {{apps}}",
    stands: "steht bereit",
    up: "läuft",
    down: "steht",
    unhealthy: "krank",
  },
};
