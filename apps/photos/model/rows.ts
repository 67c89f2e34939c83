/** Between photos and the rows and names that keep them. *pure* */

import type { NamedRange } from "../../../layers/api/index.ts";
import { foldUsername, spellingsOf } from "../../../layers/identity/same-name.ts";
import type { SizeName } from "../../../layers/images/port.ts";
import type { ItemOf } from "../../../layers/key-value/table.ts";
import type { Photo } from "./photo.ts";
import type { photos } from "./tables.ts";

export type PhotoRow = ItemOf<typeof photos>;

export function rowOf(photo: Photo, digest: string): PhotoRow {
  const owner = foldUsername(photo.owner);
  return {
    ...photo,
    owner,
    ...(owner === photo.owner ? {} : { ownerName: photo.owner }),
    digest,
    order: `${photo.createdOn}#${photo.id}`,
    list: "all",
  };
}

export function photoOf(row: PhotoRow): Photo {
  const { digest: _d, order: _o, list: _l, ownerName, ...photo } = row;
  return { ...photo, owner: ownerName ?? photo.owner };
}

/** The ranges that hold just what is asked for; of a name, one for each of its spellings. */
export function rangesOf(owner: string | undefined): readonly [NamedRange, ...NamedRange[]] {
  if (owner === undefined) return [{ index: "newest", partition: "all" }];
  const rangeOf = (partition: string): NamedRange => ({ index: "by-owner", partition });
  const [first, ...others] = spellingsOf(owner);
  return [rangeOf(first), ...others.map(rangeOf)];
}

export const pictureKey = (photoId: string, size: SizeName): string => `${photoId}/${size}`;

/** A person's uploads are under their own id, which nobody else's request can name. */
export const uploadKey = (userId: string, uploadId: string): string => `${userId}/${uploadId}`;
