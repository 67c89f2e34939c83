/**
 * What else a picture's bytes could be read as. *pure*
 *
 * A polyglot is a valid picture and a valid something else: an archive behind it, a script in its
 * comment, a document in front. Drawing the picture again disarms all of them; they are refused
 * nevertheless, because nobody's camera makes one. What cameras do put behind a picture (a second
 * picture, a map of its brightness, a short film, padding) is let through, and dropped with the
 * metadata. Megabytes of a film hold any three or four bytes by chance, so a mark that short counts
 * only where what is behind the picture begins.
 */
import { find, latin } from "./byte-reader.ts";

/** Readers of these find them anywhere in a file. */
const ANYWHERE = [
  ["<script", "a script"],
  ["<SCRIPT", "a script"],
  ["<?php", "a program (PHP)"],
] as const;
/** Readers of PDF accept its mark within the first kilobyte. */
const PDF_WITHIN_BYTES = 1024;
/** Archives are read from their end: this mark is at most a comment away from it. */
const ZIP_END = "PK\x05\x06";
const ZIP_END_WITHIN_BYTES = 65_557;
const BEHIND = [
  ["Rar!\x1a\x07", "an archive (RAR)"],
  ["7z\xbc\xaf\x27\x1c", "an archive (7-Zip)"],
  ["%PDF-", "a document (PDF)"],
  ["<html", "a page (HTML)"],
  ["<!DOCTYPE", "a page (HTML)"],
  ["<!doctype", "a page (HTML)"],
] as const;
/** After padding. */
const RIGHT_BEHIND = [
  ["PK\x03\x04", "an archive (ZIP)"],
  ["\x7fELF", "a program (ELF)"],
  ["MZ", "a program (EXE)"],
  ["#!/", "a program (shell)"],
  ["<svg", "a drawing (SVG)"],
] as const;

/** What is hidden in the bytes of a picture that ends at `end`, for people; undefined: nothing. */
export function smuggledIn(bytes: Uint8Array, end: number): string | undefined {
  for (const [mark, what] of ANYWHERE) if (find(bytes, mark) >= 0) return what;
  if (find(bytes, "%PDF-", 0, PDF_WITHIN_BYTES) >= 0) return "a document (PDF)";
  const tail = Math.max(0, bytes.length - ZIP_END_WITHIN_BYTES);
  if (find(bytes, ZIP_END, tail) >= 0) return "an archive (ZIP)";
  for (const [mark, what] of BEHIND) if (find(bytes, mark, end) >= 0) return what;
  const begins = latin(bytes, afterPadding(bytes, end), 4);
  return RIGHT_BEHIND.find(([mark]) => begins.startsWith(mark))?.[1];
}

/** Zeros, ones and blanks. */
function afterPadding(bytes: Uint8Array, end: number): number {
  let at = end;
  while (PADDING.includes(bytes[at] ?? -1)) at += 1;
  return at;
}
const PADDING: readonly number[] = [0, 0xff, 9, 10, 13, 32];
