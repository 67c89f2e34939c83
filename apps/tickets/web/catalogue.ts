/** The tickets' words in both languages, and their keys for the type-check. */
import type { Catalogue } from "../../../layers/presentation/i18n/setup.ts";
import { ticketsDe } from "./messages-de.ts";
import { ticketsEn } from "./messages-en.ts";

declare module "../../../layers/presentation/i18n/resources.ts" {
  interface Resources {
    tickets: typeof ticketsEn;
  }
}

export const catalogue: Catalogue = { name: "tickets", en: ticketsEn, de: ticketsDe };
