/**
 * The uploads of this page and what may become of each. *pure*
 *
 *   ready --start--> queued --begin--> asking --> sending --> finishing --> done
 *     |                 |                  \________|____________|----> waiting (and back)
 *     +--- remove       +-- cancel --> cancelled <--+            +----> failed
 *                                         |  retry                        |
 *                                         +---------> queued <------------+
 *
 * Invariants
 *  U1 an item has one key from its beginning to its end, so that every try of it is the same photo
 *  U2 at most AT_ONCE items are under way                                          (nextToBegin)
 *  U3 what a late answer says of an item that was cancelled or removed changes nothing     (step)
 */

import { visibleLength } from "../../../../base/visible-text.ts";
import type { ApiProblem } from "../../../../layers/presentation/api/problem.ts";
import { TITLE, titleOfFile } from "../photo.ts";

export const AT_ONCE = 2;

export type Phase =
  | { readonly name: "ready" | "queued" | "asking" | "finishing" | "cancelled" }
  | { readonly name: "sending"; readonly sentBytes: number }
  | { readonly name: "waiting"; readonly problem: ApiProblem; readonly attempts: number }
  | { readonly name: "failed"; readonly problem: ApiProblem }
  | { readonly name: "done"; readonly photoId: string };

export interface Item {
  readonly key: string;
  readonly file: Blob;
  readonly fileName: string;
  /** For an <img> of this page. */
  readonly preview: string;
  readonly title: string;
  readonly altText: string;
  readonly phase: Phase;
}

export type UploadEvent =
  | { readonly type: "added"; readonly items: readonly Omit<Item, "phase" | "title" | "altText">[] }
  | { readonly type: "captioned"; readonly key: string; readonly title: string }
  | { readonly type: "described"; readonly key: string; readonly altText: string }
  | { readonly type: "started" }
  | { readonly type: "moved"; readonly key: string; readonly phase: Phase }
  | { readonly type: "cancelled"; readonly key: string }
  | { readonly type: "retried"; readonly key: string }
  | { readonly type: "removed"; readonly key: string }
  | { readonly type: "cleared" };

const UNDER_WAY = ["asking", "sending", "finishing", "waiting"];
const OVER = ["done", "failed", "cancelled"];

export const isUnderWay = ({ phase }: Item): boolean => UNDER_WAY.includes(phase.name);
export const isOver = ({ phase }: Item): boolean => OVER.includes(phase.name);
export const hasTitle = ({ title }: Item): boolean =>
  visibleLength(title) >= TITLE.min && title.length <= TITLE.max;

const change = (items: readonly Item[], key: string, to: (item: Item) => Item): readonly Item[] =>
  items.map((item) => (item.key === key ? to(item) : item));

export function step(items: readonly Item[], event: UploadEvent): readonly Item[] {
  switch (event.type) {
    case "added":
      return [
        ...items,
        ...event.items.map((item) => ({
          ...item,
          title: titleOfFile(item.fileName) ?? "",
          altText: "",
          phase: { name: "ready" } as const,
        })),
      ];
    case "captioned":
      return change(items, event.key, (item) => ({ ...item, title: event.title }));
    case "described":
      return change(items, event.key, (item) => ({ ...item, altText: event.altText }));
    case "started":
      return items.map((item) =>
        item.phase.name === "ready" && hasTitle(item)
          ? { ...item, phase: { name: "queued" } }
          : item,
      );
    case "moved":
      return change(items, event.key, (item) =>
        isOver(item) || item.phase.name === "ready" ? item : { ...item, phase: event.phase },
      );
    case "cancelled":
      return change(items, event.key, (item) =>
        isUnderWay(item) || item.phase.name === "queued"
          ? { ...item, phase: { name: "cancelled" } }
          : item,
      );
    case "retried":
      return change(items, event.key, (item) =>
        item.phase.name === "failed" || item.phase.name === "cancelled"
          ? { ...item, phase: { name: "queued" } }
          : item,
      );
    case "removed":
      return items.filter((item) => item.key !== event.key || isUnderWay(item));
    case "cleared":
      return items.filter(({ phase }) => phase.name !== "done");
  }
}

/** The items that may begin now, in the order in which they were added. */
export function nextToBegin(items: readonly Item[]): readonly Item[] {
  const free = AT_ONCE - items.filter(isUnderWay).length;
  return items.filter(({ phase }) => phase.name === "queued").slice(0, Math.max(0, free));
}

/** Of an item's bytes, how much has been sent; the rest of its way counts as the last tenth. */
export function progressOf({ phase, file }: Item): number {
  if (phase.name === "done") return 1;
  if (phase.name === "finishing") return 0.9;
  if (phase.name !== "sending" || file.size === 0) return 0;
  return 0.9 * Math.min(1, phase.sentBytes / file.size);
}
