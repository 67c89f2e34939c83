/** The console's words in both languages, and their keys for the type-check. */
import type { Catalogue } from "../../../layers/presentation/i18n/setup.ts";
import { consoleDe } from "./messages-de.ts";
import { consoleEn } from "./messages-en.ts";

declare module "../../../layers/presentation/i18n/resources.ts" {
  interface Resources {
    console: typeof consoleEn;
  }
}

export const catalogue: Catalogue = { name: "console", en: consoleEn, de: consoleDe };
