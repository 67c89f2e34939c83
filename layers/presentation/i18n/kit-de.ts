/** German words of the kit. */
import type { kitEn } from "./kit-en.ts";
import type { Translation } from "./translation.ts";

export const kitDe: Translation<typeof kitEn> = {
  app: {
    home: "Start",
    identity: "Konten",
    tickets: "Tickets",
    photos: "Fotos",
    bookstore: "Buchladen",
    console: "Konsole",
  },
  header: {
    skip: "Zum Inhalt springen",
    pages: "Seiten",
    language: "Sprache",
    scheme: "Farben",
    schemeAuto: "Farben: wie das System",
    schemeLight: "Farben: hell",
    schemeDark: "Farben: dunkel",
    answeredBy: "Antwort aus {{place}} ({{region}}), Epoche {{epoch}}",
    notAnswered: "Noch keine Antwort",
    epoch: "Epoche {{epoch}}",
  },
  identity: {
    signIn: "Anmelden",
    signUp: "Konto anlegen",
    signOut: "Abmelden",
    signedInAs: "Angemeldet als {{name}}",
    username: "Benutzername",
    password: "Passwort",
    email: "E-Mail (freiwillig)",
    usernameHint: "3 bis 64 Buchstaben, Ziffern oder . _ @ + -",
    passwordHint: "Mindestens 8 Zeichen",
    haveAccount: "Ich habe ein Konto",
    noAccount: "Ich brauche ein Konto",
    needed: "Dafür bitte anmelden.",
    close: "Schließen",
    forgotten: "Passwort vergessen?",
    continueWith: "Weiter mit {{provider}}",
    or: "oder",
    lost: "Das Konto gilt in jeder Region: keine neue Anmeldung nach einem Ausfall.",
  },
  state: { active: "aktiv", fenced: "gesperrt", failover: "vertreten" },
  mode: { "active-passive": "aktiv-passiv", "active-active": "aktiv-aktiv" },
  banner: {
    allWell: { title: "Alles an seinem Platz", body: "{{app}} läuft in {{serving}}." },
    standbyDown: {
      title: "Zurzeit ohne Zweitbesetzung",
      body: "{{app}} läuft wie gewohnt in {{serving}}, aber einer anderen Region geht es nicht gut. Nichts ist verloren; es könnte nur gerade niemand einspringen.",
    },
    failingOver: {
      title: "Umzug in eine andere Region",
      body: "{{serving}} antwortet nicht. Was Sie senden, wird aufgehoben und geht hinaus, sobald eine andere Region übernommen hat, meist binnen einer Sekunde.",
    },
    oneOfSeveralDown: {
      title: "Eine Region fehlt",
      body: "{{app}} läuft in den übrigen Regionen weiter. Was kurz zuvor in der fehlenden geschrieben wurde, erscheint vielleicht erst später.",
    },
    allUnreachable: {
      title: "Keine zuständige Region antwortet",
      body: "Was Sie senden, wird aufgehoben und geht hinaus, sobald wieder eine Region antwortet.",
    },
    fenced: {
      title: "Im Augenblick nur lesen",
      body: "Das Schreiben ist für {{app}} angehalten. Lesen geht überall; was Sie schreiben, wartet hier und wird gesendet, wenn das Schreiben wieder offen ist.",
    },
    fencedStandbyDown: {
      title: "Nur lesen, und einer Region geht es nicht gut",
      body: "Das Schreiben ist für {{app}} angehalten. Lesen geht; was Sie schreiben, wartet hier und wird gesendet, wenn das Schreiben wieder offen ist.",
    },
    fencedUnreachable: {
      title: "Nur lesen, und die zuständige Region antwortet nicht",
      body: "Was Sie sehen, ist vielleicht älter. Was Sie schreiben, wartet hier, bis das Schreiben wieder offen ist.",
    },
    standingIn: {
      title: "Die Zweitbesetzung spielt",
      body: "{{app}} läuft in {{serving}}, an Stelle von {{primary}}. Alles funktioniert.",
    },
    standingInAlone: {
      title: "Die Zweitbesetzung spielt allein",
      body: "{{app}} läuft in {{serving}}; {{primary}} ist noch nicht zurück. Alles funktioniert, nur ohne zweite Region dahinter.",
    },
    failingOverAgain: {
      title: "Ein weiterer Umzug",
      body: "{{serving}}, zuletzt eingesprungen, antwortet nicht. Was Sie senden, wird aufgehoben, bis wieder eine Region zuständig ist.",
    },
    elsewhere: {
      title: "Läuft ohne die Hauptregion",
      body: "{{app}} läuft in {{serving}}. Alles funktioniert.",
    },
    elsewhereDegraded: {
      title: "Läuft in den verbliebenen Regionen",
      body: "{{app}} läuft in {{serving}}; einer anderen Region geht es nicht gut.",
    },
    noMajority: {
      title: "Im Augenblick darf keine Region schreiben",
      body: "Zu wenige der Wähler, die einer Region das Schreiben erlauben, antworten. Was Sie senden, wird aufgehoben, bis wieder genug antworten; vorher kann {{app}} auch nicht umziehen.",
    },
    noneServes: {
      title: "Noch ist keine Region für {{app}} zuständig",
      body: "Was Sie senden, wird aufgehoben, bis eine zuständig ist.",
    },
    offline: {
      title: "Keine Region erreichbar",
      body: "Weder die Region dieser Seite noch eine andere antwortet. Zu sehen ist der zuletzt geladene Stand; was Sie schreiben, wartet hier.",
    },
    deviceOffline: {
      title: "Sie sind offline",
      body: "Dieses Gerät hat keine Verbindung. Zu sehen ist der zuletzt geladene Stand; was Sie schreiben, wartet hier.",
    },
    stale: {
      title: "Vielleicht ein älterer Stand",
      body: "{{region}} hat mit einer Kopie geantwortet, die {{age}} alt ist.",
      bodyUnknown: "{{region}} hat mit einer Kopie unbekannten Alters geantwortet.",
    },
    missing_one: "Eine Ihrer Änderungen ist in dieser Region noch nicht angekommen.",
    missing_other: "{{count}} Ihrer Änderungen sind in dieser Region noch nicht angekommen.",
  },
  write: {
    sending: "Wird gesendet …",
    kept: {
      fenced:
        "Das Schreiben ist angehalten. Ihr Text bleibt in diesem Tab und wird gesendet, sobald es wieder offen ist.",
      moving:
        "Die Anwendung zieht in eine andere Region um. Ihr Text bleibt in diesem Tab und wird gleich gesendet.",
      nobody:
        "Keine Region darf schreiben. Ihr Text bleibt in diesem Tab und wird gesendet, sobald wieder eine darf.",
      offline:
        "Keine Region antwortet. Ihr Text bleibt in diesem Tab und wird gesendet, sobald eine antwortet.",
      unknown:
        "Ob der letzte Versuch ankam, ist offen. Es wird mit demselben Schlüssel nachgefragt, kann also nicht doppelt geschehen.",
      unavailable:
        "Der Server konnte es gerade nicht ausführen. Ihr Text bleibt in diesem Tab und wird von selbst erneut gesendet.",
    },
    here: {
      fenced:
        "Das Schreiben ist angehalten. Diese Seite versucht es weiter, solange sie offen ist.",
      moving:
        "Die Anwendung zieht in eine andere Region um. Diese Seite versucht es gleich wieder, solange sie offen ist.",
      nobody: "Keine Region darf schreiben. Diese Seite versucht es weiter, solange sie offen ist.",
      offline: "Keine Region antwortet. Diese Seite versucht es weiter, solange sie offen ist.",
      unknown:
        "Ob der letzte Versuch ankam, ist offen. Es wird mit demselben Schlüssel nachgefragt, kann also nicht doppelt geschehen.",
      unavailable:
        "Der Server konnte es gerade nicht ausführen. Diese Seite versucht es weiter, solange sie offen ist.",
    },
    attempts_one: "einmal versucht",
    attempts_other: "{{count}}-mal versucht",
    tryNow: "Jetzt versuchen",
    stop: "Nicht weiter versuchen",
    leave: "Später senden, weitermachen",
    failed: "Das hat nicht geklappt",
  },
  outbox: {
    title: "Wird noch gesendet",
    queued: "wartet",
    sent: "gesendet, nicht bestätigt",
    confirmed: "bestätigt",
    refused: "abgelehnt",
    giveUp: "Aufgeben",
    forget: "Entfernen",
  },
  problem: {
    fenced: "Das Schreiben ist für diese Anwendung angehalten.",
    "not-serving": "Jetzt ist eine andere Region zuständig.",
    "outcome-unknown": "Ob das gespeichert wurde, ist offen.",
    offline: "Keine Region antwortet.",
    unavailable: "Der Server kann gerade nicht antworten.",
    "too-many-requests": "Zu viele Anfragen. Bitte einen Augenblick warten.",
    unauthenticated: "Dafür bitte anmelden.",
    forbidden: "Das ist nicht erlaubt.",
    "not-found": "Das gibt es nicht oder nicht mehr.",
    conflict: "Das passt nicht zu dem, was gespeichert ist.",
    "wrong-credentials": "Benutzername und Passwort passen nicht zusammen.",
    "sign-in-refused": "Diese Anmeldung gilt nicht: Sie ist falsch, schon benutzt oder zu alt.",
    "name-taken": "Dieser Name ist vergeben.",
    "would-lose-data": "Dabei gingen bestätigte Schreibvorgänge verloren.",
    "stale-version": "Jemand hat das inzwischen geändert.",
    invalid: "Etwas daran ist nicht gültig.",
    "too-large": "Das ist zu groß.",
    "image-refused": "Dieses Bild wird nicht angenommen.",
    "upload-missing": "Die Bytes sind nicht angekommen.",
    "key-reused": "Derselbe Schlüssel wurde schon für etwas anderes benutzt.",
    "no-majority": "Es antwortet keine Mehrheit der Wähler: Jetzt lässt sich nichts ändern.",
    internal: "Etwas ist schiefgegangen.",
  },
  missing: {
    title: "Diese Seite gibt es nicht",
    what: "Nichts hat diese Adresse:",
  },
  data: {
    loading: "Wird geladen",
    retry: "Erneut versuchen",
    failed: "Das ließ sich nicht laden.",
  },
};
