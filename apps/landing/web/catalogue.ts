/** The landing page's words in both languages, and their keys for the type-check. */
import type { Catalogue } from "../../../layers/presentation/i18n/setup.ts";
import { landingDe } from "./messages-de.ts";
import { landingEn } from "./messages-en.ts";

declare module "../../../layers/presentation/i18n/resources.ts" {
  interface Resources {
    landing: typeof landingEn;
  }
}

export const catalogue: Catalogue = { name: "landing", en: landingEn, de: landingDe };
