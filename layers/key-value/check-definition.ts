/** What `defineTable` refuses, with what it got and the fix. *pure* */
import type { z } from "zod";
import { ConfigurationError } from "../../base/errors.ts";
import { refuseUnknownKeys } from "../../base/known-keys.ts";
import type { Conflicts, IndexDefinition, TableOptions } from "./table.ts";

const TABLE_KEYS: Readonly<Record<keyof TableOptions<z.ZodObject, string, string>, true>> = {
  name: true,
  schema: true,
  partitionKey: true,
  sortKey: true,
  indexes: true,
  expires: true,
  confidential: true,
  conflicts: true,
};
const INDEX_KEYS: Readonly<Record<keyof IndexDefinition, true>> = {
  partitionKey: true,
  sortKey: true,
};
const namePattern = /^[a-z][a-z0-9-]{0,63}$/;

export function checkDefinition(options: {
  readonly name: string;
  readonly schema: z.ZodObject;
  readonly partitionKey: string;
  readonly sortKey?: string | undefined;
  readonly indexes?: Readonly<Record<string, IndexDefinition>>;
  readonly expires?: string | undefined;
  readonly confidential?: boolean | undefined;
  readonly conflicts?: Conflicts | undefined;
}): void {
  const { name } = options;
  const refuse = (what: string, got: unknown, fix: string): never => {
    throw new ConfigurationError({ what: `defineTable(${showName(name)}): ${what}`, got, fix });
  };
  refuseUnknownKeys(`defineTable(${showName(name)})`, options, TABLE_KEYS);
  const rule = "Use small letters, digits and dashes, at most 64, a letter first.";
  if (!namePattern.test(name)) refuse("the name cannot be used", name, rule);
  const shape: unknown = options.schema?.shape;
  if (typeof shape !== "object" || shape === null) {
    refuse("the schema is no object", options.schema, "Give z.object or z.strictObject.");
  }
  const fields = Object.keys(options.schema.shape);
  const known = (field: string | undefined, use: string): void => {
    if (field === undefined || fields.includes(field)) return;
    refuse(`${use} is no field`, field, `The schema has ${fields.join(", ")}.`);
  };
  if (options.partitionKey === undefined)
    refuse("there is no partitionKey", undefined, "Name one.");
  known(options.partitionKey, "partitionKey");
  known(options.sortKey, "sortKey");
  known(options.expires, "expires");
  if (options.partitionKey === options.sortKey) {
    refuse("both keys are one field", options.sortKey, "Name another, or leave out sortKey.");
  }
  const { confidential = false } = options;
  if (typeof confidential !== "boolean") {
    refuse("confidential is no boolean", confidential, "Give true, or leave it out.");
  }
  checkConflicts(options, refuse);
  for (const [index, keys] of Object.entries(options.indexes ?? {})) {
    if (!namePattern.test(index)) refuse("the name of an index cannot be used", index, rule);
    refuseUnknownKeys(`defineTable(${name}): index ${index}`, keys, INDEX_KEYS);
    known(keys.partitionKey, `index ${index}: partitionKey`);
    known(keys.sortKey, `index ${index}: sortKey`);
  }
}

type Refuse = (what: string, got: unknown, fix: string) => never;

function checkConflicts(
  { conflicts, partitionKey, sortKey, schema, expires }: Parameters<typeof checkDefinition>[0],
  refuse: Refuse,
): void {
  if (conflicts === undefined || conflicts === "last-writer") return;
  if (typeof conflicts !== "object" || conflicts === null) {
    refuse("conflicts is unknown", conflicts, 'Give "last-writer", { ownRegion } or { highest }.');
  }
  if ("highest" in conflicts) {
    const { highest } = conflicts;
    if (!Object.hasOwn(schema.shape, highest)) {
      const fix = `Name a field of numbers; the schema has ${Object.keys(schema.shape).join(", ")}.`;
      refuse("conflicts.highest is no field", highest, fix);
    }
    if (expires !== undefined) {
      const fix = "Leave one of them out: what has gone has no number that could be compared.";
      refuse("items of a table with conflicts.highest do not expire", expires, fix);
    }
    return;
  }
  const { ownRegion } = conflicts;
  if (ownRegion !== partitionKey && ownRegion !== sortKey) {
    const fix = "Name the partition key or the sort key: two regions then never write one item.";
    refuse("conflicts.ownRegion is no key field", ownRegion, fix);
  }
}

const showName = (name: unknown): string => (typeof name === "string" ? name : typeof name);
