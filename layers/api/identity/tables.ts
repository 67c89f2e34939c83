/**
 * What the identity app keeps. *pure*
 *
 * Everything that somebody could sign in with is kept as a hash, a MAC or sealed with the
 * deployment's secret.
 */
import { z } from "zod";
import { ROLES } from "../../identity/roles.ts";
import { defineTable } from "../../key-value/table.ts";

/** Seconds since 1970, after which the row may be collected. */
const expires = z.number().int();

export const users = defineTable({
  name: "users",
  confidential: true,
  schema: z.strictObject({
    /** Folded: the name that is unique. */
    username: z.string(),
    /** As the user wrote it. */
    displayName: z.string(),
    userId: z.string(),
    /** Absent for who signs in through a provider or a link only. */
    passwordHash: z.string().optional(),
    email: z.string().optional(),
    roles: z.array(z.enum(ROLES)),
    /** Grows when all sessions end at once. */
    generation: z.number().int(),
    createdOn: z.string(),
  }),
  partitionKey: "username",
});

export const sessions = defineTable({
  name: "sessions",
  confidential: true,
  schema: z.strictObject({
    sessionId: z.string(),
    userId: z.string(),
    username: z.string(),
    generation: z.number().int(),
    tokenHash: z.string(),
    previousHash: z.string().optional(),
    userGeneration: z.number().int(),
    createdOn: z.string(),
    usedOn: z.string(),
    /** Where it began, and where it was last refreshed. */
    region: z.string(),
    usedRegion: z.string(),
    /** The browser's own words, shortened. */
    client: z.string().optional(),
    endedOn: z.string().optional(),
    expires,
  }),
  partitionKey: "sessionId",
  indexes: { "by-user": { partitionKey: "userId", sortKey: "createdOn" } },
  expires: "expires",
});

export const signingKeys = defineTable({
  name: "signing-keys",
  confidential: true,
  schema: z.strictObject({
    purpose: z.literal("access-token"),
    kid: z.string(),
    publicKey: z.strictObject({ kty: z.literal("OKP"), crv: z.literal("Ed25519"), x: z.string() }),
    /** The private key, encrypted with the deployment's secret. */
    sealed: z.string(),
    createdOn: z.string(),
  }),
  partitionKey: "purpose",
  sortKey: "kid",
});

/** Failed tries, one row per region: see layers/identity/attempts.ts. */
export const attemptLevels = defineTable({
  name: "attempts",
  confidential: true,
  schema: z.strictObject({
    /** The bucket's name and a digest of what it counts for. */
    bucket: z.string(),
    region: z.string(),
    level: z.number(),
    atMs: z.number(),
    expires,
  }),
  partitionKey: "bucket",
  sortKey: "region",
  expires: "expires",
});

/** Codes that are good once: to reset a password, to sign in by link. */
export const oneTimeCodes = defineTable({
  name: "one-time-codes",
  confidential: true,
  schema: z.strictObject({
    /** Purpose and digest: of the user name for a reset, of the code itself for a link. */
    name: z.string(),
    /** MAC of the code. */
    proof: z.string(),
    username: z.string(),
    expires,
  }),
  partitionKey: "name",
  expires: "expires",
});

/** Messages to people. A row for a user who does not exist keeps the answers alike. */
export const outbox = defineTable({
  name: "outbox",
  confidential: true,
  schema: z.strictObject({
    box: z.literal("mail"),
    id: z.string(),
    kind: z.enum(["password-reset", "nobody"]),
    username: z.string(),
    to: z.string().optional(),
    /** What the message has to say, sealed. */
    sealed: z.string(),
    createdOn: z.string(),
    sentOn: z.string().optional(),
    expires,
  }),
  partitionKey: "box",
  sortKey: "id",
  expires: "expires",
});

/** Which account a person of another provider has. */
export const links = defineTable({
  name: "links",
  confidential: true,
  schema: z.strictObject({
    /** Digest of provider and subject. */
    link: z.string(),
    provider: z.string(),
    subject: z.string(),
    username: z.string(),
    /** As the provider told it; shown, never compared. */
    label: z.string().optional(),
    createdOn: z.string(),
  }),
  partitionKey: "link",
  indexes: { "by-user": { partitionKey: "username", sortKey: "provider" } },
});

/** States of federated sign-in that were finished: none is good twice. */
export const usedStates = defineTable({
  name: "used-states",
  confidential: true,
  schema: z.strictObject({ state: z.string(), expires }),
  partitionKey: "state",
  expires: "expires",
});

export const identityTables = [
  users,
  sessions,
  signingKeys,
  attemptLevels,
  oneTimeCodes,
  outbox,
  links,
  usedStates,
] as const;

export type User = z.output<typeof users.schema>;
export type StoredSession = z.output<typeof sessions.schema>;
export type SigningKey = z.output<typeof signingKeys.schema>;
export type OutboxMessage = z.output<typeof outbox.schema>;
export type Link = z.output<typeof links.schema>;
