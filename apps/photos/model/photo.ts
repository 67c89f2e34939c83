/**
 * Photos and what is said about them. *pure*
 *
 * A photo's picture never changes: who wants another one uploads it. So whatever is kept under an
 * id, in a cache or in another region, is right as long as it is there.
 */
import { visibleLength } from "../../../base/visible-text.ts";
import { isSameUsername } from "../../../layers/identity/same-name.ts";

export const TITLE = { min: 1, max: 120 } as const;
export const ALT_TEXT_MAX = 500;
export const COMMENT = { min: 1, max: 2_000 } as const;
export const UPLOAD_LIMIT_BYTES = 25 * 1024 * 1024;
/** Of one person, on their way; each is forgotten after UPLOAD_KEEP_SECONDS. */
export const UPLOADS_AT_ONCE = 100;
export const UPLOAD_KEEP_SECONDS = 3_600;

export interface Photo {
  readonly id: string;
  readonly title: string;
  /** What can be seen, for those who cannot see it; may be empty. */
  readonly altText: string;
  readonly owner: string;
  readonly createdOn: string;
  /** Of the picture in full. */
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly width: number;
  readonly height: number;
  /** A few dozen pixels, as a data: address. */
  readonly placeholder: string;
}

export interface PhotoComment {
  readonly id: string;
  readonly photoId: string;
  readonly author: string;
  readonly text: string;
  readonly createdOn: string;
}

export interface Person {
  readonly username: string;
  readonly roles: readonly string[];
}

/** One's own; an operator may take away what must not stay. */
export const mayRemove = (by: string, person: Person): boolean =>
  isSameUsername(by, person.username) || person.roles.includes("operator");

const TIME_LENGTH = 9;

/** Ids of comments begin with their time, so that their order needs no second key. */
export const commentId = (createdOnMs: number, unique: string): string =>
  `${Math.floor(createdOnMs).toString(36).padStart(TIME_LENGTH, "0")}-${unique}`;

/** What a file is called without its folder and its ending; undefined when that is no title. */
export function titleOfFile(name: string): string | undefined {
  const stem = name
    .replace(/\.[a-z0-9]{1,5}$/i, "")
    .replace(/[_\s]+/g, " ")
    .trim()
    .slice(0, TITLE.max)
    .replace(/\p{Cs}$/u, "");
  return visibleLength(stem) >= TITLE.min ? stem : undefined;
}

/** A name that is a place: with a folder in it, or made to leave one. */
export const isPlainFileName = (name: string): boolean =>
  name.length <= 255 && !/[/\\\p{Cc}]/u.test(name) && !/^\.\.?$/.test(name);
