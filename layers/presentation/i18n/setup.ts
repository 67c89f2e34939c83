/**
 * One i18next instance per page, with both languages in the bundle. *shell*
 *
 * Both are loaded because a page has to keep working when the region that served it is gone, and a
 * catalogue is a few kilobytes. The choice is remembered in this browser.
 */
import i18next, { type i18n } from "i18next";
import { initReactI18next } from "react-i18next";
import { remember, remembered } from "../components/memory.ts";
import { kitDe } from "./kit-de.ts";
import { kitEn } from "./kit-en.ts";
import "./resources.ts";
import { chooseLanguage, type Language } from "./translation.ts";

type Messages = Readonly<Record<string, unknown>>;

export interface Catalogue {
  readonly name: string;
  readonly en: Messages;
  readonly de: Messages;
}

const MEMORY = "understudy.language";

export function createI18n(catalogue: Catalogue): i18n {
  const instance = i18next.createInstance();
  const lng = chooseLanguage([remembered(MEMORY), ...navigator.languages]);
  void instance.use(initReactI18next).init({
    lng,
    fallbackLng: "en",
    defaultNS: "kit",
    initAsync: false,
    interpolation: { escapeValue: false },
    resources: {
      en: { kit: kitEn, [catalogue.name]: catalogue.en },
      de: { kit: kitDe, [catalogue.name]: catalogue.de },
    },
  });
  document.documentElement.lang = lng;
  instance.on("languageChanged", (language) => {
    document.documentElement.lang = language;
    remember(MEMORY, language);
  });
  return instance;
}

export const languageOf = (instance: i18n): Language => chooseLanguage([instance.language]);
