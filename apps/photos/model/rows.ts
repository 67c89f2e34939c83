/** Between photos and the rows and names that keep them. *pure* */

import type { SizeName } from "../../../layers/images/port.ts";
import type { ItemOf } from "../../../layers/key-value/table.ts";
import type { Photo } from "./photo.ts";
import type { photos } from "./tables.ts";

export type PhotoRow = ItemOf<typeof photos>;

export const rowOf = (photo: Photo, digest: string): PhotoRow => ({
  ...photo,
  digest,
  order: `${photo.createdOn}#${photo.id}`,
  list: "all",
});

export const photoOf = ({ digest: _d, order: _o, list: _l, ...photo }: PhotoRow): Photo => photo;

/** The one range that holds just what is asked for. */
export const rangeOf = (owner: string | undefined): { index: string; partition: string } =>
  owner === undefined
    ? { index: "newest", partition: "all" }
    : { index: "by-owner", partition: owner };

export const pictureKey = (photoId: string, size: SizeName): string => `${photoId}/${size}`;

/** A person's uploads are under their own id, which nobody else's request can name. */
export const uploadKey = (userId: string, uploadId: string): string => `${userId}/${uploadId}`;
