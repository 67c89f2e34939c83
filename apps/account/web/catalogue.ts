/** The account pages' words in both languages, and their keys for the type-check. */
import type { Catalogue } from "../../../layers/presentation/i18n/setup.ts";
import { accountDe } from "./messages-de.ts";
import { accountEn } from "./messages-en.ts";

declare module "../../../layers/presentation/i18n/resources.ts" {
  interface Resources {
    account: typeof accountEn;
  }
}

export const catalogue: Catalogue = { name: "account", en: accountEn, de: accountDe };
