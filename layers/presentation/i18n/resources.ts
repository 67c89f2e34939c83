/**
 * The message catalogues by name, as types: what makes `t("...")` fail on a key that is not there.
 * An app adds its own by merging into this interface.
 */
import "i18next";
import type { kitEn } from "./kit-en.ts";

export interface Resources {
  kit: typeof kitEn;
}

declare module "i18next" {
  interface CustomTypeOptions {
    defaultNS: "kit";
    resources: Resources;
  }
}
