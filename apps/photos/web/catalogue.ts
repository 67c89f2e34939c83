/** The photos' words in both languages, and their keys for the type-check. */
import type { Catalogue } from "../../../layers/presentation/i18n/setup.ts";
import { photosDe } from "./messages-de.ts";
import { photosEn } from "./messages-en.ts";

declare module "../../../layers/presentation/i18n/resources.ts" {
  interface Resources {
    photos: typeof photosEn;
  }
}

export const catalogue: Catalogue = { name: "photos", en: photosEn, de: photosDe };
