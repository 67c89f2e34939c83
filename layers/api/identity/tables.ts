/** What the identity app keeps. */
import { z } from "zod";
import { defineTable } from "../../key-value/table.ts";

const roles = z.array(z.enum(["user", "agent", "operator"]));

export const users = defineTable({
  name: "users",
  schema: z.strictObject({
    /** Folded: the name that is unique. */
    username: z.string(),
    /** As the user wrote it. */
    displayName: z.string(),
    userId: z.string(),
    passwordHash: z.string(),
    email: z.string().optional(),
    roles,
    /** Grows when all sessions end at once. */
    generation: z.number().int(),
    createdOn: z.string(),
  }),
  partitionKey: "username",
});

export const sessions = defineTable({
  name: "sessions",
  schema: z.strictObject({
    sessionId: z.string(),
    userId: z.string(),
    username: z.string(),
    generation: z.number().int(),
    tokenHash: z.string(),
    previousHash: z.string().optional(),
    userGeneration: z.number().int(),
    createdOn: z.string(),
    /** Seconds since 1970. */
    expires: z.number().int(),
  }),
  partitionKey: "sessionId",
  expires: "expires",
});

export const signingKeys = defineTable({
  name: "signing-keys",
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

export type User = z.output<typeof users.schema>;
export type StoredSession = z.output<typeof sessions.schema>;
export type SigningKey = z.output<typeof signingKeys.schema>;
