/** Reading photos and their pictures, and deleting one's own. *composition* */

import {
  type AppApi,
  type AppContext,
  problem,
  problemOfObject,
  problemOfRead,
  queryNamed,
  respondObject,
} from "../../layers/api/index.ts";
import { LONGEST_EDGE } from "../../layers/images/port.ts";
import { type PhotoRow, photoOf, pictureKey, rangesOf } from "./model/rows.ts";
import { PICTURES, photos } from "./model/tables.ts";
import { noPhoto, PHOTOS, removePhoto } from "./removal.ts";
import type { Replication } from "./replication.ts";
import { imageQuery, listQuery, pageOf, photoParams, photoShape, withCursor } from "./shapes.ts";

/** Under an id and a size there is one picture for ever, and then none. */
const FOR_EVER = "private, max-age=31536000, immutable";

export function addPhotoRoutes(api: AppApi, context: AppContext, replication: Replication): void {
  const { store, objects } = context;
  const shown = async (rows: readonly PhotoRow[]) => {
    const statuses = await replication.of(rows);
    return rows.map((row, index) => ({ ...photoOf(row), replicationStatus: statuses[index] }));
  };

  api.get("/api/photos", {
    summary: "The gallery, newest first",
    query: listQuery,
    replies: { 200: { description: "A page", schema: pageOf(photoShape) } },
    handle: async (call) => {
      const ranges = rangesOf(call.query.owner);
      const read = await queryNamed(store, photos, ranges, call.query, call.reading);
      if (read.kind === "failed") return problemOfRead(read);
      const items = await shown(read.value.items.map(({ item }) => item));
      return call.found(read.info, withCursor(items, read.value.cursor));
    },
  });

  api.get("/api/photos/:id", {
    summary: "One photo",
    params: photoParams,
    replies: { 200: { description: "The photo", schema: photoShape } },
    handle: async (call) => {
      const { id } = call.params;
      const read = await store.get(photos, { id }, call.reading);
      if (read.kind === "failed") return problemOfRead(read);
      if (read.value === undefined) return call.absent(read.info, noPhoto(id), PHOTOS);
      const [photo] = await shown([read.value.item]);
      return call.found(read.info, photo, read.value.version);
    },
  });

  api.get("/api/photos/:id/image", {
    summary: "A photo's picture",
    description:
      `\`size\`: thumb (at most ${LONGEST_EDGE.thumb} a side), large (${LONGEST_EDGE.large}) or ` +
      "full. Ranges and ETags are honoured. 503 `bytes-travelling`: the photo is known here, its " +
      "bytes are still on their way.",
    params: photoParams,
    query: imageQuery,
    replies: { 200: { description: "The picture" }, 206: { description: "A part of it" } },
    handle: async (call) => {
      const { id } = call.params;
      const key = pictureKey(id, call.query.size);
      const found = await objects.head(PICTURES, key, call.reading);
      if (found.kind === "failed") return problemOfObject(found);
      if (found.value === undefined) return problem("not-found", noPhoto(id));
      const cacheControl = FOR_EVER;
      const made = await respondObject(call.scope, objects.open, found.value, { cacheControl });
      return { kind: "made", response: made };
    },
  });

  api.delete("/api/photos/:id", {
    summary: "Delete one's own photo, with its comments and its bytes in every region",
    params: photoParams,
    replies: { 204: { description: "It is gone" } },
    handle: (call) => removePhoto(call, context, call.params.id),
  });
}
