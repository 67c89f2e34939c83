/** What people say about a photo: oldest first, page by page, one's own may be taken back. *composition* */
import {
  type AppApi,
  type AppContext,
  type Call,
  problem,
  problemOfRead,
  type Reply,
  type Write,
} from "../../layers/api/index.ts";
import { commentId, mayRemove, type PhotoComment } from "./model/photo.ts";
import { comments, photos } from "./model/tables.ts";
import { noPhoto, PHOTOS } from "./removal.ts";
import {
  commentBody,
  commentParams,
  commentShape,
  commentsParams,
  pageOf,
  pageQuery,
  withCursor,
} from "./shapes.ts";

const DECIDED_AGAIN = 5;

export function addCommentRoutes(api: AppApi, context: AppContext): void {
  const { store } = context;

  api.get("/api/comments/:photoId", {
    summary: "Comments on a photo, oldest first",
    params: commentsParams,
    query: pageQuery,
    replies: { 200: { description: "A page", schema: pageOf(commentShape) } },
    handle: async (call) => {
      const { photoId } = call.params;
      const { limit, cursor } = call.query;
      const photo = await store.get(photos, { id: photoId }, call.reading);
      if (photo.kind === "failed") return problemOfRead(photo);
      if (photo.value === undefined) return call.absent(photo.info, noPhoto(photoId), PHOTOS);
      const read = await store.query(
        comments,
        { partition: photoId, limit, ...(cursor === undefined ? {} : { cursor }) },
        call.reading,
      );
      if (read.kind === "failed") return problemOfRead(read);
      const items = read.value.items.map(({ item }) => item);
      return call.found(read.info, withCursor(items, read.value.cursor));
    },
  });

  api.post("/api/comments/:photoId", {
    summary: "Comment on a photo",
    params: commentsParams,
    body: commentBody,
    replies: { 201: { description: "The comment", schema: commentShape } },
    handle: (call) => addComment(call, context, call.params.photoId, call.body.text),
  });

  api.delete("/api/comments/:photoId/:commentId", {
    summary: "Delete one's own comment",
    params: commentParams,
    replies: { 204: { description: "It is gone" } },
    handle: async (call) => {
      const { photoId, commentId: id } = call.params;
      const read = await store.get(comments, { photoId, id }, call.reading);
      if (read.kind === "failed") return problemOfRead(read);
      if (read.value === undefined) {
        return call.absent(
          read.info,
          `No comment on ${photoId} has the id ${id}.`,
          `/photos/api/comments/${photoId}`,
        );
      }
      if (!mayRemove(read.value.item.author, call.session)) {
        return problem("not-allowed", "A comment is deleted by whoever wrote it.");
      }
      const stale = call.stale(read.value);
      if (stale !== undefined) return stale;
      const remove: Write = { kind: "delete", table: comments, key: { photoId, id } };
      // Without If-Match a comment that is gone already is gone.
      const ifVersion = call.ifMatch === undefined ? undefined : read.value.version;
      const write = ifVersion === undefined ? remove : { ...remove, ifVersion };
      return call.commit([write], { status: 204 });
    },
  });
}

async function addComment(
  call: Call,
  context: AppContext,
  photoId: string,
  text: string,
  attempt = 1,
): Promise<Reply> {
  const key = { id: photoId };
  const photo = await context.store.get(photos, key, call.reading);
  if (photo.kind === "failed") return problemOfRead(photo);
  if (photo.value === undefined) return call.absent(photo.info, noPhoto(photoId), PHOTOS);
  const nowMs = context.now();
  const comment: PhotoComment = {
    id: commentId(nowMs, call.newId()),
    photoId,
    author: call.session.username,
    text,
    createdOn: new Date(nowMs).toISOString(),
  };
  return call.commit(
    [
      // Whoever deletes the photo meanwhile would leave the comment behind.
      { kind: "check", table: photos, key, ifVersion: photo.value.version },
      { kind: "put", table: comments, item: { ...comment }, ifAbsent: true },
    ],
    {
      status: 201,
      body: { ...comment },
      headers: { location: `/photos/api/comments/${photoId}/${comment.id}` },
    },
    {
      onConflict: () =>
        attempt < DECIDED_AGAIN
          ? addComment(call, context, photoId, text, attempt + 1)
          : problem("conflict", "The photo keeps changing; try again."),
    },
  );
}
