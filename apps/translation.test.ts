import { describe, expect, test } from "vitest";
import { createFormat } from "../layers/presentation/i18n/format.ts";
import { kitDe } from "../layers/presentation/i18n/kit-de.ts";
import { kitEn } from "../layers/presentation/i18n/kit-en.ts";
import { chooseLanguage, differences, flatten } from "../layers/presentation/i18n/translation.ts";
import { accountDe } from "./account/web/messages-de.ts";
import { accountEn } from "./account/web/messages-en.ts";
import { consoleDe } from "./console/web/messages-de.ts";
import { consoleEn } from "./console/web/messages-en.ts";
import { landingDe } from "./landing/web/messages-de.ts";
import { landingEn } from "./landing/web/messages-en.ts";
import { outageDe } from "./outage/web/messages-de.ts";
import { outageEn } from "./outage/web/messages-en.ts";
import { photosDe } from "./photos/web/messages-de.ts";
import { photosEn } from "./photos/web/messages-en.ts";
import { ticketsDe } from "./tickets/web/messages-de.ts";
import { ticketsEn } from "./tickets/web/messages-en.ts";

describe("the message catalogues", () => {
  test.each([
    ["kit", kitEn, kitDe],
    ["tickets", ticketsEn, ticketsDe],
    ["photos", photosEn, photosDe],
    ["console", consoleEn, consoleDe],
    ["landing", landingEn, landingDe],
    ["account", accountEn, accountDe],
    ["outage", outageEn, outageDe],
  ])("%s says the same things, with the same values, in both languages", (_, en, de) => {
    expect(flatten(en).size).toBeGreaterThan(5);
    expect(differences(en, de)).toEqual([]);
  });

  test("a missing key, an empty text, a surplus key and a forgotten value are all found", () => {
    const reference = { a: { one: "{{n}} of {{m}}", two: "two" }, b: "b" };
    const other = { a: { one: "{{n}}", two: " " }, c: "c" };
    expect(differences(reference, other)).toEqual([
      "a.one: placeholders are {n}, not {m,n}",
      "a.two: empty",
      "b: missing",
      "c: surplus",
    ]);
  });
});

describe("the language", () => {
  test("is the first wish that exists, whatever its region", () => {
    expect(chooseLanguage([null, "fr-FR", "de-AT", "en"])).toBe("de");
  });

  test("is English when no wish exists", () => {
    expect(chooseLanguage(["fr", undefined])).toBe("en");
  });
});

describe("spans and moments", () => {
  const now = Date.parse("2026-03-01T12:00:00Z");

  test("are written as the language writes them", () => {
    expect(createFormat("de").number(12345.5)).toBe("12.345,5");
    expect(createFormat("en").number(12345.5)).toBe("12,345.5");
    expect(createFormat("en").ago(now - 3 * 60_000, now)).toBe("3 minutes ago");
    expect(createFormat("de").ago(now - 3 * 60_000, now)).toBe("vor 3 Minuten");
  });

  test("never lie in the future, though a server's clock may", () => {
    expect(createFormat("en").ago(now + 60_000, now)).toBe("now");
  });

  test("an unreadable date is told as nothing and throws nothing", () => {
    expect(createFormat("en").dateTime("soon")).toBe("");
  });
});
