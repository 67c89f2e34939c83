/** The words of this page in both languages, and their keys for the type-check. */
import type { Catalogue } from "../../../layers/presentation/i18n/setup.ts";
import { outageDe } from "./messages-de.ts";
import { outageEn } from "./messages-en.ts";

declare module "../../../layers/presentation/i18n/resources.ts" {
  interface Resources {
    outage: typeof outageEn;
  }
}

export const catalogue: Catalogue = { name: "outage", en: outageEn, de: outageDe };
