/**
 * What a stored row is under the schema of today. *pure*
 *
 * Rows outlive schemas: a field came with a default, another one went. What a row lacks is filled
 * from the schema, what the schema does not know is left out, and the rest must be as the schema
 * says, so that `ItemOf` is true of what is read. A field whose schema transforms what is put holds
 * what came out of that, so it is not put through it again.
 *
 * Not looked at: refinements of the whole object, which are about what is put.
 */
import type { z } from "zod";

export type StoredRow =
  | { readonly kind: "ok"; readonly value: unknown }
  | { readonly kind: "failed"; readonly field: string; readonly reason: string };

export function createRowReader(schema: z.ZodObject): (value: object) => StoredRow {
  const fields = Object.entries(schema.shape) as [string, z.ZodType][];
  const transformed = new Set(fields.filter(([, one]) => transforms(one)).map(([name]) => name));
  const isWholeParsed = transformed.size === 0;
  const rest = schema.def.catchall;
  const keepsUnknown = rest !== undefined && rest._zod.def.type !== "never";

  return (value) => {
    if (isWholeParsed) {
      const whole = schema.safeParse(value);
      if (whole.success) return { kind: "ok", value: whole.data };
    }
    const stored = value as Readonly<Record<string, unknown>>;
    const row: Record<string, unknown> = keepsUnknown ? { ...stored } : {};
    for (const [field, one] of fields) {
      const isThere = Object.hasOwn(stored, field);
      if (isThere && transformed.has(field)) {
        row[field] = stored[field];
        continue;
      }
      const parsed = one.safeParse(isThere ? stored[field] : undefined);
      if (!parsed.success) {
        const reason = parsed.error.issues[0]?.message ?? "not accepted";
        return { kind: "failed", field, reason };
      }
      if (parsed.data !== undefined) row[field] = parsed.data;
    }
    return { kind: "ok", value: row };
  };
}

/**
 * The text that a field has where it was not put. None for a default that is another one at each
 * call, such as the time: it is asked twice, at the definition and at the first use.
 */
export function textDefaults(
  schema: z.ZodObject,
  fields: readonly string[],
): (field: string) => string | undefined {
  const first = sampled(schema, fields);
  let lasting: Map<string, string> | undefined;
  return (field) => {
    if (lasting === undefined) {
      const second = sampled(schema, fields);
      lasting = new Map([...first].filter(([name, text]) => second.get(name) === text));
    }
    return lasting.get(field);
  };
}

function sampled(schema: z.ZodObject, fields: readonly string[]): Map<string, string> {
  const defaults = new Map<string, string>();
  for (const field of fields) {
    const parsed = (schema.shape[field] as z.ZodType | undefined)?.safeParse(undefined);
    if (parsed?.success && typeof parsed.data === "string") defaults.set(field, parsed.data);
  }
  return defaults;
}

/** Whether what is put may come out as something else, which its schema would not take again. */
function transforms(schema: unknown, seen = new Set<unknown>()): boolean {
  if (typeof schema !== "object" || schema === null || seen.has(schema)) return false;
  seen.add(schema);
  if (Array.isArray(schema)) return schema.some((one) => transforms(one, seen));
  const { _zod: internals } = schema as { readonly _zod?: { readonly def: Definition } };
  if (internals === undefined) return isPlain(schema) && values(schema, seen);
  const { type, getter } = internals.def;
  if (type === "transform" || type === "pipe") return true;
  if (type === "lazy") return transforms(getter?.(), seen);
  return values(internals.def, seen);
}

interface Definition {
  readonly type: string;
  readonly getter?: () => unknown;
}

const isPlain = (value: object): boolean => Object.getPrototypeOf(value) === Object.prototype;

/** Of its parts: a default is a value and no part. */
function values(parts: object, seen: Set<unknown>): boolean {
  return Object.entries(parts).some(
    ([name, part]) => name !== "defaultValue" && name !== "checks" && transforms(part, seen),
  );
}
