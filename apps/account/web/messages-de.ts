/** German words of the account pages. */
import type { Translation } from "../../../layers/presentation/i18n/translation.ts";
import type { accountEn } from "./messages-en.ts";

export const accountDe: Translation<typeof accountEn> = {
  title: "Konto",
  signInTitle: "Anmelden",
  signUpTitle: "Konto anlegen",
  problem: {
    "federation-failed":
      "Die Anmeldung dort ist nicht gelungen oder wurde abgebrochen. Bitte von vorn beginnen.",
    "provider-not-ready": "Dieser Weg der Anmeldung ist nicht vollständig eingerichtet.",
    conflict: "Diese Anmeldung gehört zu einem anderen Konto.",
    other: "Die Anmeldung ist nicht gelungen. Bitte noch einmal versuchen.",
    settings: "Zeigen, was fehlt",
  },
  wait: {
    callback: "Die Anmeldung wird abgeschlossen …",
    link: "Die Anmeldung läuft …",
    failed: "Sie sind nicht angemeldet",
    again: "Anmelden",
  },
  who: { username: "Benutzername", email: "E-Mail", roles: "Rollen", none: "keine" },
  role: {
    user: "Benutzer",
    agent: "Bearbeiter",
    editor: "Redakteur",
    operator: "Operator",
  },
  sessions: {
    title: "Wo Sie angemeldet sind",
    intro: "Dieselben Sitzungen in jeder Region: Sie überleben den Verlust einer Region.",
    current: "diese hier",
    began: "begonnen in {{place}}",
    used: "zuletzt erneuert in {{place}}",
    unknown: "Ein Programm ohne Namen",
    end: "Beenden",
    endLabel: "Sitzung beenden: {{client}}",
    endAll: "Überall abmelden",
    endAllHint: "Beendet jede Sitzung, in jeder Region, auch diese.",
  },
  password: {
    title: "Passwort ändern",
    current: "Jetziges Passwort",
    next: "Neues Passwort",
    hint: "8 bis 128 Zeichen; alles, nur nicht das, was zuerst geraten wird. Alle anderen Sitzungen enden.",
    submit: "Ändern",
    done: "Das Passwort ist geändert. Alle anderen Sitzungen sind beendet.",
  },
  providers: { title: "Andere Wege der Anmeldung", add: "{{provider}} hinzufügen" },
  reset: {
    title: "Ein neues Passwort",
    intro: "An die E-Mail-Adresse des Kontos geht ein Code. Er gilt 15 Minuten.",
    local: "Auf diesem Rechner wird nichts verschickt: Ein Operator liest den Code in der Konsole.",
    ask: "Code senden",
    asked: "Wenn es dieses Konto gibt, ist ein Code unterwegs.",
    code: "Code",
    submit: "Passwort setzen",
    haveCode: "Ich habe einen Code",
  },
};
