/**
 * The photos app: upload, look, comment, delete one's own. *composition*
 *
 * Everything needs a session; owners and authors come from it and never from a body. What is kept
 * of a picture was drawn anew from what was sent (layers/images), three sizes of it; their bytes
 * are in every region that must have them before the photo is seen (layers/objects).
 */
import { z } from "zod";
import { ConfigurationError } from "../../base/errors.ts";
import {
  type AppApi,
  type AppContext,
  type AppDefinition,
  createAppApi,
  defineApp,
  problem,
} from "../../layers/api/index.ts";
import { DEFAULT_IMAGE_LIMITS, type ImageLimits } from "../../layers/images/port.ts";
import { createChangeEvents } from "./change-events.ts";
import { addCommentRoutes } from "./comment-routes.ts";
import { UPLOAD_LIMIT_BYTES } from "./model/photo.ts";
import { comments, PICTURES, photos, UPLOADS } from "./model/tables.ts";
import { addPhotoRoutes } from "./photo-routes.ts";
import { createReplication } from "./replication.ts";
import { loadSamplePhotos } from "./sample-content.ts";
import { addUploadRoutes } from "./upload-routes.ts";

export interface PhotosOptions {
  /** The largest picture that may be sent; default 25 MB. */
  readonly uploadLimitBytes?: number;
  /** Of all frames of a picture together; default 8,192 x 6,144. */
  readonly pixelLimit?: number;
  /** How long drawing one may take; default 20 s. */
  readonly drawLimitMs?: number;
}

export function definePhotosApp(options: PhotosOptions = {}): AppDefinition {
  for (const [name, value] of Object.entries(options)) {
    if (Number.isSafeInteger(value) && Number(value) > 0) continue;
    const fix = "Give a whole number greater than 0, or leave it out.";
    throw new ConfigurationError({ what: `definePhotosApp: ${name}`, got: value, fix });
  }
  const limits: ImageLimits = {
    ...DEFAULT_IMAGE_LIMITS,
    sizeBytes: options.uploadLimitBytes ?? UPLOAD_LIMIT_BYTES,
    pixels: options.pixelLimit ?? DEFAULT_IMAGE_LIMITS.pixels,
    timeMs: options.drawLimitMs ?? DEFAULT_IMAGE_LIMITS.timeMs,
  };
  return defineApp({
    id: "photos",
    mode: "active-passive",
    durability: "replicated",
    objectives: { rtoMs: 900_000, rpoMs: 0 },
    tables: [photos, comments],
    buckets: [UPLOADS, PICTURES],
    api: (context) => photosApi(context, limits),
    web: { title: "Photos" },
    sampleContent: loadSamplePhotos,
  });
}

function photosApi(context: AppContext, limits: ImageLimits): AppApi {
  const api = createAppApi(context);
  addPhotoRoutes(api, context, createReplication(context.objects, context.now));
  addUploadRoutes(api, context, limits);
  addCommentRoutes(api, context);
  addEventRoutes(api, context);
  return api;
}

function addEventRoutes(api: AppApi, context: AppContext): void {
  const events = createChangeEvents(context);
  api.get("/api/events", {
    summary: "That photos or comments changed, as server-sent events",
    query: z.strictObject({}),
    replies: { 200: { description: "A stream" } },
    handle: () => {
      const stream = events.open();
      if (stream === undefined) return problem("busy", "Too many listen here already.");
      const headers = { "content-type": "text/event-stream", "x-accel-buffering": "no" };
      return { kind: "made", response: new Response(stream, { headers }) };
    },
  });
}

export const photosApp = definePhotosApp();
