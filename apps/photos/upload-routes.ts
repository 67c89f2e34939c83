/**
 * How pictures come in. *composition*
 *
 *   POST /uploads   leave to send bytes  ->  PUT the bytes to its address  ->  POST /photos
 *   POST /photos    or all in one: a form, or the picture itself as the body
 *
 * An upload that becomes no photo is forgotten by itself. Its id comes from the idempotency key:
 * who asks again, in whatever region, gets leave for the same one, and what has arrived counts.
 */
import { type AppApi, type AppContext, problem, problemOfObject } from "../../layers/api/index.ts";
import { IMAGE_FORMATS, type ImageLimits } from "../../layers/images/port.ts";
import { ALT_TEXT_MAX, TITLE, UPLOAD_KEEP_SECONDS, UPLOADS_AT_ONCE } from "./model/photo.ts";
import { uploadKey } from "./model/rows.ts";
import { UPLOADS } from "./model/tables.ts";
import { limitsShape, photoShape, uploadBody, uploadShape } from "./shapes.ts";
import { createTaking } from "./taking.ts";

export function addUploadRoutes(api: AppApi, context: AppContext, limits: ImageLimits): void {
  const { objects } = context;
  const taking = createTaking(context, limits);

  api.get("/api/limits", {
    summary: "What a picture may be",
    replies: { 200: { description: "The limits", schema: limitsShape } },
    handle: () => ({
      kind: "answer",
      status: 200,
      body: {
        uploadBytes: limits.sizeBytes,
        pixels: limits.pixels,
        titleLength: TITLE.max,
        altTextLength: ALT_TEXT_MAX,
        contentTypes: IMAGE_FORMATS.map((format) => `image/${format}`),
      },
    }),
  });

  api.post("/api/uploads", {
    summary: "Ask for an address to send a picture's bytes to",
    description:
      "`PUT` the bytes to `url` with `headers`, then name the upload in " +
      "`POST /photos/api/photos`. Asking again with the same key gives leave for the same upload.",
    body: uploadBody,
    unversioned: true,
    // Nothing is written, so there is no answer to look up: the id alone comes from the key.
    recallFirst: false,
    replies: { 201: { description: "The leave", schema: uploadShape } },
    handle: async (call) => {
      const refusal = call.refusal();
      if (refusal !== undefined) return refusal;
      const { sizeBytes, contentType } = call.body;
      const limitBytes = limits.sizeBytes;
      if (sizeBytes > limitBytes) {
        const detail = `A picture has at most ${limitBytes} bytes, this one has ${sizeBytes}.`;
        return problem("too-large", detail, { extra: { limitBytes } });
      }
      const { userId } = call.session;
      const limit = UPLOADS_AT_ONCE;
      const open = await objects.list(UPLOADS, { prefix: uploadKey(userId, ""), limit });
      if (open.kind === "failed") return problemOfObject(open);
      if (open.value.objects.length >= limit) {
        const detail = `${limit} uploads are waiting to become photos; use them, or wait an hour.`;
        return problem("too-many-attempts", detail);
      }
      const id = call.newId("upload");
      const signed = await objects.signUpload(UPLOADS, uploadKey(userId, id), {
        contentType,
        limitBytes: sizeBytes,
        keepSeconds: UPLOAD_KEEP_SECONDS,
      });
      return { kind: "answer", status: 201, body: { id, ...signed } };
    },
  });

  api.post("/api/photos", {
    summary: "Make a photo of an upload, of a form, or of the body itself",
    description:
      "`application/json` names an upload. `multipart/form-data` holds one file, `title` and " +
      "`altText`. A body of `image/...` is the picture; `title` and `altText` are in the query.",
    readsBody: true,
    replies: { 201: { description: "The photo", schema: photoShape } },
    handle: (call) => taking.take(call),
  });
}
