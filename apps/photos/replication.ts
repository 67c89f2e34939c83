/**
 * Which photos are in every region already. *shell*
 *
 * The regions are asked once for each picture that was not complete a minute ago, and no answer is
 * waited for longer than PATIENCE_MS: a gallery must not be slow because a region is gone.
 */
import type { AppObjects } from "../../layers/api/index.ts";
import type { PhotoRow } from "./model/rows.ts";

export type Status = "complete" | "travelling";

const PATIENCE_MS = 150;
const BELIEVED_MS = 60_000;
const REMEMBERED = 10_000;

export interface Replication {
  /** One answer per photo, in their order. */
  of(rows: readonly PhotoRow[]): Promise<readonly Status[]>;
}

export function createReplication(objects: AppObjects, now: () => number): Replication {
  /** Digests that were complete, with when that was heard; the oldest first. */
  const complete = new Map<string, number>();

  const note = (digest: string): void => {
    complete.delete(digest);
    complete.set(digest, now());
    const oldest = complete.size > REMEMBERED ? complete.keys().next().value : undefined;
    if (oldest !== undefined) complete.delete(oldest);
  };
  const isComplete = (digest: string): boolean =>
    now() - (complete.get(digest) ?? Number.NEGATIVE_INFINITY) < BELIEVED_MS;
  const ask = async (digests: readonly string[]): Promise<void> => {
    const answers = await objects.replication(digests.map((digest) => ({ digest, sizeBytes: 0 })));
    for (const [index, { status }] of answers.entries()) {
      if (status === "complete") note(digests[index] ?? "");
    }
  };

  return {
    of: async (rows) => {
      const open = rows.map(({ digest }) => digest).filter((digest) => !isComplete(digest));
      if (open.length > 0) await Promise.race([ask(open).catch(() => undefined), patience()]);
      return rows.map(({ digest }) => (isComplete(digest) ? "complete" : "travelling"));
    },
  };
}

const patience = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
