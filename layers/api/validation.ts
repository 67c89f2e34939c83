/**
 * From what zod found wrong to what a client can correct: the field, the value got, the fix. *pure*
 *
 * Values of fields that hold secrets are never echoed.
 */
import type { z } from "zod";
import { showValue } from "../../base/errors.ts";
import type { FieldError } from "./problem.ts";

type Issue = z.core.$ZodIssue;

const SECRET = /password|token|secret/i;
const SHOWN_ERRORS = 20;

export function fieldErrorsOf(
  issues: readonly Issue[],
  input: unknown,
  where: FieldError["in"],
  known: readonly string[],
): readonly FieldError[] {
  const errors: FieldError[] = [];
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) {
        const field = [...issue.path, key].join(".");
        errors.push({
          field,
          in: where,
          message: "This field is not known here.",
          got: shown(field, valueAt(input, [...issue.path, key])),
          fix: known.length > 0 ? `Remove it; known are ${known.join(", ")}.` : "Remove it.",
        });
      }
    } else {
      const field = issue.path.join(".") || where;
      errors.push({
        field,
        in: where,
        message: issue.message,
        got: shown(field, valueAt(input, issue.path)),
        fix: fixOf(issue),
      });
    }
    if (errors.length >= SHOWN_ERRORS) break;
  }
  return errors.slice(0, SHOWN_ERRORS);
}

/** `no-secrets` in one place: what a problem may repeat of a value. */
const shown = (field: string, value: unknown): string =>
  SECRET.test(field) && value !== undefined ? "(not shown)" : showValue(value);

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) {
      return undefined;
    }
    value = (value as Record<PropertyKey, unknown>)[step];
  }
  return value;
}

function fixOf(issue: Issue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined && issue.expected !== "never"
        ? `Send ${article(issue.expected)}.`
        : `Make it ${article(issue.expected)}.`;
    case "too_small":
      return issue.origin === "string"
        ? `Send at least ${issue.minimum} characters.`
        : `Send at least ${issue.minimum}.`;
    case "too_big":
      return issue.origin === "string"
        ? `Send at most ${issue.maximum} characters.`
        : `Send at most ${issue.maximum}.`;
    case "invalid_value":
      return `Use ${issue.values.length > 1 ? "one of " : ""}${issue.values.join(", ")}.`;
    case "invalid_format":
      return fixOfFormat(issue);
    default:
      return issue.message;
  }
}

function fixOfFormat(issue: z.core.$ZodIssueInvalidStringFormat): string {
  const { format, pattern } = issue;
  const [prefix, suffix, includes] = ["prefix", "suffix", "includes"].map((name) =>
    JSON.stringify((issue as unknown as Readonly<Record<string, unknown>>)[name]),
  );
  switch (format) {
    case "regex":
      return `Send a text that matches ${pattern}.`;
    case "starts_with":
      return `Begin it with ${prefix}.`;
    case "ends_with":
      return `End it with ${suffix}.`;
    case "includes":
      return `Let it hold ${includes}.`;
    case "lowercase":
      return "Send small letters only.";
    case "uppercase":
      return "Send capital letters only.";
    default:
      return `Follow the form of ${article(format)}.`;
  }
}

const article = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
