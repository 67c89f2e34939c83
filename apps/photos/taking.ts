/**
 * From bytes that somebody sent to a photo that everybody sees. *shell*
 *
 *   bytes --drawn--> three sizes --staged--> in every region that must have them
 *                                               |
 *        one transaction: the photo's row, the names of its bytes, and the upload's name is gone
 *
 * Invariants
 *  K1 no photo is seen whose bytes were not staged before                     (order in takePhoto)
 *  K2 a refusal leaves nothing: no row, no name, and no upload                (refuse)
 *  K3 one key, one photo: its id comes from the key, and a second request with the key that comes
 *     while the first is under way gets the first one's answer                (underWay)
 *  K4 memory is bounded: AT_ONCE bodies are received and AT_ONCE pictures drawn, and who sends
 *     slowly keeps nobody from naming an upload                                 (createPlaces)
 */

import {
  type AppContext,
  type Call,
  type Problem,
  problem,
  problemOfObject,
  type Reply,
  readBytes,
  type Write,
} from "../../layers/api/index.ts";
import { type ImageLimits, type ProcessedImage, SIZES } from "../../layers/images/port.ts";
import { type Incoming, readIncoming, sha256 } from "./incoming.ts";
import type { Photo } from "./model/photo.ts";
import { pictureKey, rowOf, uploadKey } from "./model/rows.ts";
import { PICTURES, photos, UPLOADS } from "./model/tables.ts";

const AT_ONCE = 6;

export interface Taking {
  /** `POST /photos`: whatever way the picture comes. */
  take(call: Call): Promise<Reply>;
}

/** Bytes as they were sent, and how what named them is taken away. */
interface Sent {
  readonly bytes: Uint8Array;
  readonly declaredType: string | undefined;
  readonly upload: string | undefined;
}

export function createTaking(context: AppContext, limits: ImageLimits): Taking {
  const underWay = new Map<string, Promise<Reply>>();
  const receiving = createPlaces(AT_ONCE);
  const making = createPlaces(AT_ONCE);

  const once = (call: Call, work: () => Promise<Reply>): Promise<Reply> => {
    const given = call.idempotency;
    if (given === undefined) return work();
    const name = JSON.stringify([given.scope, given.key, given.requestHash]);
    const before = underWay.get(name);
    if (before !== undefined) return before;
    const reply = work().finally(() => underWay.delete(name));
    underWay.set(name, reply);
    return reply;
  };

  return {
    take: async (bare) => {
      const refusal = bare.refusal();
      if (refusal !== undefined) return refusal;
      const read = () => readIncoming(bare, limits.sizeBytes);
      const incoming = await (isJson(bare) ? read() : receiving.in(read));
      if (incoming === undefined) {
        return problem("busy", "Too many pictures are being received right now.");
      }
      if (incoming.kind === "problem") return incoming;
      const call = bare.ofBody(incoming.text);
      return once(call, async () => {
        const replayed = await call.replay();
        if (replayed !== undefined) return replayed;
        const made = await making.in(() => takePhoto(call, context, incoming, limits));
        return made ?? problem("busy", "Too many pictures are being drawn right now.");
      });
    },
  };
}

const isJson = (call: Call): boolean =>
  /^application\/json\b/i.test(call.header("content-type") ?? "");

/** Does work while a place is free; undefined where none is. */
function createPlaces(most: number) {
  let taken = 0;
  return {
    in: async <Value>(work: () => Promise<Value>): Promise<Value | undefined> => {
      if (taken >= most) return undefined;
      taken += 1;
      try {
        return await work();
      } finally {
        taken -= 1;
      }
    },
  };
}

async function takePhoto(
  call: Call,
  context: AppContext,
  incoming: Incoming,
  limits: ImageLimits,
): Promise<Reply> {
  const sent = await sentBytes(call, context, incoming, limits);
  if (sent.kind === "problem") return sent;
  const { bytes, declaredType, upload } = sent.value;
  const drawn = await context.images.process({ bytes, declaredType, limits });
  if (drawn.kind === "failed") {
    if (drawn.code === "busy") return problem("busy", drawn.reason);
    if (upload !== undefined) await context.objects.remove(UPLOADS, upload);
    return refused(drawn.code, drawn.reason);
  }
  const id = call.newId();
  const named = await stagePictures(context, id, drawn.value);
  if (named.kind === "problem") return named;
  const { full } = drawn.value.renditions;
  const photo: Photo = {
    id,
    title: incoming.title,
    altText: incoming.altText,
    owner: call.session.username,
    createdOn: new Date(context.now()).toISOString(),
    contentType: full.contentType,
    sizeBytes: full.bytes.length,
    width: full.width,
    height: full.height,
    placeholder: drawn.value.placeholder,
  };
  const writes: Write[] = [
    { kind: "put", table: photos, item: rowOf(photo, named.digest), ifAbsent: true },
    ...named.writes,
  ];
  if (upload !== undefined) writes.push(context.objects.unnaming(UPLOADS, upload));
  return call.commit(writes, {
    status: 201,
    body: { ...photo, replicationStatus: "travelling" },
    headers: { location: `/photos/api/photos/${id}` },
  });
}

async function sentBytes(
  call: Call,
  { objects }: AppContext,
  { source }: Incoming,
  limits: ImageLimits,
): Promise<{ readonly kind: "ok"; readonly value: Sent } | Problem> {
  if (source.kind === "bytes") {
    const { bytes, declaredType, digest } = source;
    const told = call.contentDigest();
    if (told !== undefined && told !== digest) return wrongDigest(digest);
    return { kind: "ok", value: { bytes, declaredType, upload: undefined } };
  }
  const upload = uploadKey(call.session.userId, source.upload);
  const found = await objects.get(UPLOADS, upload, undefined, call.reading);
  if (found.kind === "failed") return problemOfObject(found);
  if (found.value === undefined) {
    const detail = `Nothing has arrived under the upload ${source.upload}, or not any more.`;
    return problem("upload-missing", detail);
  }
  const { info, content } = found.value;
  if (source.digest !== undefined && source.digest !== info.digest) {
    await objects.remove(UPLOADS, upload);
    return wrongDigest(info.digest);
  }
  const read = await readBytes(content.body, limits.sizeBytes);
  if (read.kind === "problem") return problem("unavailable", `The upload: ${read.detail}`);
  return { kind: "ok", value: { bytes: read.bytes, declaredType: info.contentType, upload } };
}

async function stagePictures(
  { objects }: AppContext,
  id: string,
  { renditions }: ProcessedImage,
): Promise<
  { readonly kind: "ok"; readonly digest: string; readonly writes: readonly Write[] } | Problem
> {
  const writes: Write[] = [];
  let digest = "";
  const staged = await Promise.all(
    SIZES.map(async (size) => {
      const { bytes, contentType } = renditions[size];
      const outcome = await objects.stage(bytes, { digest: await sha256(bytes) });
      return { size, contentType, outcome };
    }),
  );
  for (const { size, contentType, outcome } of staged) {
    if (outcome.kind !== "ok") return problemOfObject(outcome);
    if (size === "full") digest = outcome.value.digest;
    const key = pictureKey(id, size);
    writes.push(objects.naming(PICTURES, key, outcome.value, { contentType }));
  }
  return { kind: "ok", digest, writes };
}

const TOO_LARGE: readonly string[] = ["too-many-bytes", "too-many-pixels"];

const refused = (reason: string, detail: string): Problem =>
  problem(TOO_LARGE.includes(reason) ? "too-large" : "image-refused", detail, {
    extra: { reason },
  });

const wrongDigest = (digest: string): Problem =>
  problem("digest-mismatch", `The bytes that arrived have the digest ${digest}.`);
