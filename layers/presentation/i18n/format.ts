/**
 * Numbers, dates and spans as a language writes them, all through Intl. *pure*
 */
import type { Language } from "./translation.ts";

const LOCALES: Readonly<Record<Language, string>> = { en: "en-GB", de: "de-DE" };

export interface Format {
  number(value: number): string;
  /** A size: "640 kB", "3.2 MB". */
  bytes(count: number): string;
  dateTime(at: string | number): string;
  /** With milliseconds, for what is measured. */
  moment(at: string | number): string;
  /** How long ago, in the largest unit that says something. */
  ago(at: string | number, nowMs: number): string;
  /** A span: "240 ms", "3.2 s", "5 min". */
  span(ms: number): string;
  country(code: string): string;
  list(values: readonly string[]): string;
}

const AGO_UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["year", 31_536_000_000],
  ["month", 2_592_000_000],
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

const SPAN_UNITS: readonly (readonly [string, number])[] = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
];

export function createFormat(language: Language): Format {
  const locale = LOCALES[language];
  const plain = new Intl.NumberFormat(locale);
  const dateTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium" });
  const moment = new Intl.DateTimeFormat(locale, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  });
  const ago = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  const countries = new Intl.DisplayNames(locale, { type: "region" });
  const lists = new Intl.ListFormat(locale, { type: "conjunction" });
  const unit = (value: number, name: string, digits: number): string =>
    new Intl.NumberFormat(locale, {
      style: "unit",
      unit: name,
      unitDisplay: "short",
      maximumFractionDigits: digits,
    }).format(value);
  const valid = (at: string | number): Date | undefined => {
    const date = new Date(at);
    return Number.isNaN(date.getTime()) ? undefined : date;
  };
  return {
    number: (value) => plain.format(value),
    bytes: (count) => {
      if (count < 2 ** 10) return unit(count, "byte", 0);
      if (count < 2 ** 20) return unit(count / 2 ** 10, "kilobyte", 0);
      return unit(count / 2 ** 20, "megabyte", 1);
    },
    dateTime: (at) => {
      const date = valid(at);
      return date ? dateTime.format(date) : "";
    },
    moment: (at) => {
      const date = valid(at);
      return date ? moment.format(date) : "";
    },
    ago: (at, nowMs) => {
      const date = valid(at);
      if (!date) return "";
      const ms = Math.min(0, date.getTime() - nowMs);
      for (const [name, size] of AGO_UNITS) {
        if (-ms >= size) return ago.format(Math.trunc(ms / size), name);
      }
      return ago.format(0, "second");
    },
    span: (ms) => {
      for (const [name, size] of SPAN_UNITS) {
        if (ms >= size) return unit(ms / size, name, ms / size < 10 ? 1 : 0);
      }
      return unit(Math.round(ms), "millisecond", 0);
    },
    country: (code) => countries.of(code) ?? code,
    list: (values) => lists.format(values),
  };
}
