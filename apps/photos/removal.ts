/**
 * Taking a photo away, with its comments and the names of its bytes. *shell*
 *
 * Comments go first where there are many, the photo with the last of them: until then it is there,
 * and a request that was cut off can be sent again. Who comments in the meantime checks in the same
 * transaction that the photo is still there (comment-routes.ts), so that no comment is left behind
 * but those that came between the last look and the end; they are swept afterwards.
 */
import {
  type AppContext,
  type Call,
  type Problem,
  problem,
  problemOfRead,
  problemOfWrite,
  type Reply,
  type Write,
} from "../../layers/api/index.ts";
import { SIZES } from "../../layers/images/port.ts";
import { mayRemove } from "./model/photo.ts";
import { pictureKey } from "./model/rows.ts";
import { comments, PICTURES, photos } from "./model/tables.ts";

/** Of a transaction, beside the photo and the names of its three sizes. */
const COMMENTS_AT_ONCE = 90;
const DECIDED_AGAIN = 5;

/** The list of all photos. */
export const PHOTOS = "/photos/api/photos";
export const noPhoto = (id: string): string => `No photo has the id ${id}.`;

export async function removePhoto(
  call: Call,
  context: AppContext,
  id: string,
  attempt = 1,
): Promise<Reply> {
  const read = await context.store.get(photos, { id }, call.reading);
  if (read.kind === "failed") return problemOfRead(read);
  if (read.value === undefined) return call.absent(read.info, noPhoto(id), PHOTOS);
  const { item, version } = read.value;
  if (!mayRemove(item.owner, call.session)) {
    return problem("not-allowed", "A photo is deleted by whoever uploaded it.");
  }
  const stale = call.stale(read.value);
  if (stale !== undefined) return stale;
  const last = await removeCommentsBut(context, id);
  if (last.kind === "problem") return last;
  const names = SIZES.map((size) => context.objects.unnaming(PICTURES, pictureKey(id, size)));
  const photo: Write = { kind: "delete", table: photos, key: { id }, ifVersion: version };
  const reply = await call.commit(
    [photo, ...names, ...last.writes],
    { status: 204 },
    {
      onConflict: () =>
        attempt < DECIDED_AGAIN
          ? removePhoto(call, context, id, attempt + 1)
          : problem("conflict", "The photo keeps changing; try again."),
    },
  );
  if (reply.kind === "answer") await sweep(context, id);
  return reply;
}

/** Deletes all but the last few, and answers how those are deleted. */
async function removeCommentsBut(
  context: AppContext,
  id: string,
): Promise<{ readonly kind: "ok"; readonly writes: readonly Write[] } | Problem> {
  for (;;) {
    const page = await commentsOf(context, id);
    if (page.kind === "problem" || !page.hasMore) return page;
    const outcome = await context.store.transact(page.writes);
    if (outcome.kind !== "ok") return problemOfWrite(outcome);
  }
}

async function commentsOf(
  { store }: AppContext,
  id: string,
): Promise<
  { readonly kind: "ok"; readonly writes: readonly Write[]; readonly hasMore: boolean } | Problem
> {
  const read = await store.query(comments, { partition: id, limit: COMMENTS_AT_ONCE });
  if (read.kind === "failed") return problemOfRead(read);
  const writes = read.value.items.map(
    ({ item }): Write => ({
      kind: "delete",
      table: comments,
      key: { photoId: id, id: item.id },
    }),
  );
  return { kind: "ok", writes, hasMore: read.value.cursor !== undefined };
}

/** What came in between. The photo is gone in any case, so what fails here changes no answer. */
async function sweep(context: AppContext, id: string): Promise<void> {
  const page = await commentsOf(context, id);
  if (page.kind === "ok" && page.writes.length > 0) await context.store.transact(page.writes);
}
