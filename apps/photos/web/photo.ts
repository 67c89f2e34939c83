/** Photos as the pages know them, and what the pages decide about them. *pure* */
import type { Photo as StoredPhoto } from "../model/photo.ts";
import { mayRemove as mayBeRemoved } from "../model/photo.ts";

export {
  ALT_TEXT_MAX,
  COMMENT,
  type PhotoComment,
  TITLE,
  titleOfFile,
  UPLOAD_LIMIT_BYTES,
} from "../model/photo.ts";

export interface Photo extends StoredPhoto {
  readonly replicationStatus: "complete" | "travelling";
}

export interface Person {
  readonly username: string;
  readonly roles?: readonly string[];
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly cursor?: string;
}

/** Whether the server would let this person take it away; nobody may, unless signed in. */
export const mayRemove = (by: string, person: Person | null | undefined): boolean =>
  person !== null &&
  person !== undefined &&
  mayBeRemoved(by, { username: person.username, roles: person.roles ?? [] });

export const API = "/photos/api";
export const photoPath = (id: string): string => `${API}/photos/${encodeURIComponent(id)}`;
export const commentsPath = (id: string): string => `${API}/comments/${encodeURIComponent(id)}`;

export type Size = "thumb" | "large" | "full";

export const imageAddress = (id: string, size: Size): string =>
  `${photoPath(id)}/image?size=${size}`;

/** What is read out and shown in place of the picture. */
export const altOf = (photo: Pick<Photo, "altText" | "title">): string =>
  photo.altText === "" ? photo.title : photo.altText;

/** The photos before and after one in a list: newer and older. */
export function neighbours(
  photos: readonly Photo[],
  id: string,
): { readonly newer: Photo | undefined; readonly older: Photo | undefined } {
  const at = photos.findIndex((photo) => photo.id === id);
  if (at < 0) return { newer: undefined, older: undefined };
  return { newer: photos[at - 1], older: photos[at + 1] };
}
