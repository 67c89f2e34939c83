/** The photos app on stores in memory, with what tests of it do over and over. *composition* */

import { objectTable } from "../../../layers/api/index.ts";
import { createWorld, type Sent, type World } from "../../../layers/api/testing/world.ts";
import { standInImages } from "../../../layers/images/stand-in.ts";
import type { Sha256 } from "../../../layers/objects/body.ts";
import {
  createMemoryByteStore,
  type MemoryByteStore,
} from "../../../layers/objects/memory-bytes.ts";
import { comments, photos } from "../model/tables.ts";
import { photosApp } from "../server.ts";

export const PHOTOS = "/photos/api/photos";
export const UPLOADS = "/photos/api/uploads";
export const COMMENTS = "/photos/api/comments";

export interface PhotoWorld extends World {
  readonly bytes: MemoryByteStore;
  /** A body that is not JSON. */
  post(path: string, body: BodyInit | Uint8Array, more?: PostOptions): Promise<Sent>;
  /** What is kept: rows of photos and comments, and names of bytes. */
  kept(): { readonly photos: number; readonly comments: number; readonly names: number };
}

export interface PostOptions {
  readonly method?: string;
  readonly token?: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export function createPhotoWorld(
  sha256: () => Sha256,
  digest: (text: string) => string,
): PhotoWorld {
  const bytes = createMemoryByteStore({ region: "eu-west-1", sha256 });
  const world = createWorld({
    apps: [photosApp],
    digest,
    more: { bytesOf: () => bytes, images: standInImages },
  });
  const count = (table: typeof photos | typeof comments | typeof objectTable) =>
    world.store("photos").count(table);
  return {
    ...world,
    bytes,
    post: async (path, body, { method = "POST", token, type, headers = {} } = {}) => {
      const all = new Headers(headers);
      if (token !== undefined) all.set("authorization", `Bearer ${token}`);
      if (type !== undefined) all.set("content-type", type);
      const request = new Request(`http://region.example${path}`, {
        method,
        headers: all,
        body: body as BodyInit,
      });
      return sentOf(await world.api.fetch(request));
    },
    kept: () => ({
      photos: count(photos),
      comments: count(comments),
      names: count(objectTable),
    }),
  };
}

async function sentOf(response: Response): Promise<Sent> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  const body = isJson && text !== "" ? JSON.parse(text) : text;
  return { status: response.status, headers: response.headers, body };
}
