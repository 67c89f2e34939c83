/**
 * What the photos app keeps beside the pictures themselves. *pure*
 *
 * The gallery is one range of one index, newest first: a page costs the same with fifty photos and
 * with fifty thousand, and its cursor names a place in the order, so that photos which arrive or go
 * meanwhile neither repeat nor hide others. The partition of all photos grows without bound, which
 * the embedded store does not mind; on DynamoDB one partition takes 1,000 writes a second.
 */
import { z } from "zod";
import { defineTable } from "../../../layers/key-value/table.ts";

export const photos = defineTable({
  name: "photos",
  schema: z.strictObject({
    id: z.string(),
    title: z.string(),
    altText: z.string(),
    /** Folded, so that a name is found however it is written; in older rows as written. */
    owner: z.string(),
    /** As it was written, where that is another text. */
    ownerName: z.string().optional(),
    createdOn: z.string(),
    contentType: z.string(),
    sizeBytes: z.int(),
    width: z.int(),
    height: z.int(),
    placeholder: z.string(),
    /** Of the picture in full: what is asked for its whereabouts. */
    digest: z.string(),
    /** Time and id: unique, and in the order of creation. */
    order: z.string(),
    /** One value for all: the partition of the gallery. */
    list: z.literal("all"),
  }),
  partitionKey: "id",
  indexes: {
    newest: { partitionKey: "list", sortKey: "order" },
    "by-owner": { partitionKey: "owner", sortKey: "order" },
  },
});

export const comments = defineTable({
  name: "comments",
  schema: z.strictObject({
    photoId: z.string(),
    /** Begins with the time. */
    id: z.string(),
    author: z.string(),
    text: z.string(),
    createdOn: z.string(),
  }),
  partitionKey: "photoId",
  sortKey: "id",
});

/** Pictures as they were sent, until they are photos; collected by themselves otherwise. */
export const UPLOADS = "uploads";
/** Pictures as they are shown, three sizes of each. */
export const PICTURES = "pictures";
