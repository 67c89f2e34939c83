/** What comes in and goes out, as schemas. *pure* */
import { z } from "zod";
import { lineOf, textOf, usernameOf } from "../../layers/api/index.ts";
import { SIZES } from "../../layers/images/port.ts";
import { ALT_TEXT_MAX, COMMENT, TITLE } from "./model/photo.ts";

export const title = lineOf(TITLE, "A title");
export const altText = lineOf({ min: 0, max: ALT_TEXT_MAX }, "An alternative text");
export const id = z.string().regex(/^[\w-]{1,64}$/, "An id has 1 to 64 letters, digits, - and _.");
const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "A digest is SHA-256 as 64 small hex digits.");

export const paging = {
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(4_096).optional(),
};
const owner = usernameOf(64, "An owner's name");
export const photoParams = z.object({ id });
export const commentsParams = z.object({ photoId: id });
export const commentParams = z.object({ photoId: id, commentId: id });
export const listQuery = z.strictObject({ owner: owner.optional(), ...paging });
export const pageQuery = z.strictObject(paging);
export const imageQuery = z.strictObject({ size: z.enum(SIZES).default("full") });
export const captions = z.strictObject({ title: title.optional(), altText: altText.optional() });

export const uploadBody = z.strictObject({
  contentType: z
    .string()
    .max(100)
    .regex(/^(?:image\/[\w.+-]+|application\/octet-stream)$/, "A picture's type is image/...."),
  sizeBytes: z.int().min(1),
});
export const photoBody = z.strictObject({
  upload: id,
  title,
  altText: altText.default(""),
  digest: sha256.optional(),
});
export const commentBody = z.strictObject({ text: textOf(COMMENT, "A comment") });

export const photoShape = z.object({
  id: z.string(),
  title: z.string(),
  altText: z.string(),
  owner: z.string(),
  createdOn: z.string(),
  contentType: z.string(),
  sizeBytes: z.number(),
  width: z.number(),
  height: z.number(),
  placeholder: z.string(),
  replicationStatus: z.enum(["complete", "travelling"]),
});
export const uploadShape = z.object({
  id: z.string(),
  method: z.literal("PUT"),
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  limitBytes: z.number(),
  expires: z.number(),
});
export const commentShape = z.object({
  id: z.string(),
  photoId: z.string(),
  author: z.string(),
  text: z.string(),
  createdOn: z.string(),
});
export const limitsShape = z.object({
  uploadBytes: z.number(),
  pixels: z.number(),
  titleLength: z.number(),
  altTextLength: z.number(),
  contentTypes: z.array(z.string()),
});
export const pageOf = (items: z.ZodType) =>
  z.object({ items: z.array(items), cursor: z.string().optional() });

export const withCursor = (items: readonly unknown[], cursor: string | undefined) =>
  cursor === undefined ? { items } : { items, cursor };
