/** Plain JSON: the only thing an item is made of. *pure* */
import { utf8Bytes } from "./key.ts";

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [field: string]: Json;
}

export type Copied = { readonly value: Json } | { readonly problem: string };

const maxDepth = 32;

/**
 * A copy that no caller can change afterwards. Fields that are `undefined` are left out; whatever
 * JSON cannot say (dates, NaN, functions, class instances) is a problem and not a silent change.
 */
export function copyJson(value: unknown): Copied {
  try {
    return { value: copy(value, "item", 0) };
  } catch (error) {
    if (error instanceof NotJson) return { problem: error.message };
    throw error;
  }
}

class NotJson extends Error {}

function copy(value: unknown, path: string, depth: number): Json {
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") {
    if (Number.isFinite(value)) return value;
    throw new NotJson(`${path} is ${value}, which JSON cannot say`);
  }
  if (depth >= maxDepth) throw new NotJson(`${path} is nested deeper than ${maxDepth}`);
  if (Array.isArray(value)) {
    return value.map((element, at) => copy(element, `${path}[${at}]`, depth + 1));
  }
  if (typeof value !== "object") throw new NotJson(`${path} is a ${typeof value}, not JSON`);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw new NotJson(
      `${path} is a ${value.constructor?.name ?? "class instance"}, not plain JSON`,
    );
  }
  const copied: Record<string, Json> = {};
  for (const [field, element] of Object.entries(value)) {
    if (element === undefined) continue;
    // An own property even for "__proto__": assignment would change the prototype instead.
    if (field === "__proto__") throw new NotJson(`${path} has a field __proto__, which is refused`);
    copied[field] = copy(element, `${path}.${field}`, depth + 1);
  }
  return copied;
}

/** Bytes of the JSON text in UTF-8. */
export const jsonBytes = (value: Json): number => utf8Bytes(JSON.stringify(value));

/** Never less than `jsonBytes`, and much cheaper. */
export function jsonBytesAtMost(value: Json): number {
  // A unit of text is at most six bytes of JSON: an escape such as \u0001.
  if (typeof value === "string") return value.length * 6 + 2;
  if (typeof value === "number") return 25;
  if (typeof value !== "object" || value === null) return 5;
  let bytes = 2;
  if (Array.isArray(value)) {
    for (const element of value) bytes += jsonBytesAtMost(element as Json) + 1;
    return bytes;
  }
  const fields = value as JsonObject;
  for (const field in fields)
    bytes += field.length * 6 + 4 + jsonBytesAtMost(fields[field] as Json);
  return bytes;
}
