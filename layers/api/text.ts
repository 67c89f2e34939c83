/**
 * Schemas of texts that people write, so that every app refuses the same ones. *pure*
 *
 * `max` is in UTF-16 code units, as a page's `maxLength` counts; `min` in characters that can be
 * seen. What is accepted has the spaces around it taken away, and nothing else.
 */
import { z } from "zod";
import { visibleLength } from "../../base/visible-text.ts";
import { foldUsername } from "../identity/same-name.ts";

export interface TextLimits {
  /** 0: the text may be empty, or spaces. A text of other blanks is refused even so. */
  readonly min: number;
  readonly max: number;
}

/** `what` begins a sentence: "A comment". */
export const textOf = ({ min, max }: TextLimits, what: string) =>
  z
    .string()
    .max(max, `${what} has at most ${max} characters.`)
    .refine((value) => isLongEnough(value, min), {
      message: `${what} has at least ${characters(min)}, not counting spaces around it.`,
    })
    // Half a surrogate pair is no character, and no key could hold it.
    .refine((value) => !/\p{Cs}/u.test(value), { message: `${what} has to be whole Unicode text.` })
    .transform((value) => value.trim());

const isLongEnough = (value: string, min: number): boolean =>
  visibleLength(value) >= Math.max(1, min) || (min === 0 && value.trim() === "");

const characters = (min: number): string =>
  min > 1 ? `${min} characters that can be seen` : "1 character that can be seen";

/** A user's name, as far as it is compared and looked for: no longer folded than it may be. */
export const usernameOf = (max: number, what: string) =>
  textOf({ min: 1, max }, what).refine((name) => foldUsername(name).length <= max, {
    message: `${what} has at most ${max} characters.`,
  });

/** Controls have no place in a line; in a longer text new lines do. */
export const lineOf = (limits: TextLimits, what: string) =>
  textOf(limits, what).refine((value) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(value), {
    message: `${what} is one line, without control characters.`,
  });
