/**
 * The journal of routing changes as this region has seen them. *adapter*
 *
 *   ("j", app, version) -> entry      local to the region, not replicated
 *
 * A record carries its last changes; a region that was away for longer has a gap, which shows in
 * the versions. KEPT entries an app are kept.
 */
import { tuple, tupleRange } from "../../layers/key-value/key.ts";
import type { JournalEntry, RoutingRecord } from "../../layers/routing/record.ts";
import type { LmdbEngine } from "./lmdb-engine.ts";

export type AppEntry = JournalEntry & { readonly app: string };

export interface Journal {
  keep(record: RoutingRecord): void;
  /** Newest first, at most MOST. */
  newest(app?: string): readonly AppEntry[];
}

const KEPT = 5000;
const MOST = 500;

export function createJournal(engine: LmdbEngine, apps: readonly string[]): Journal {
  const last = new Map<string, number>();
  const lastOf = (app: string): number => {
    let version = last.get(app);
    if (version === undefined) {
      version = read(engine, app, 1)[0]?.version ?? 0;
      last.set(app, version);
    }
    return version;
  };
  return {
    keep: ({ app, journal }) => {
      const fresh = journal.filter(({ version }) => version > lastOf(app));
      if (fresh.length === 0) return;
      try {
        engine.transact((writer) => {
          for (const entry of fresh) {
            writer.put(tuple("j", app, entry.version), entry);
            if (entry.version > KEPT) writer.remove(tuple("j", app, entry.version - KEPT));
          }
        });
      } catch {
        // The disk refuses: the record still carries the last JOURNAL_KEPT changes.
        return;
      }
      last.set(app, fresh.at(-1)?.version ?? 0);
    },
    newest: (app) => {
      const asked = app === undefined ? apps : [app];
      const found = asked.flatMap((id) => read(engine, id, MOST));
      return found.sort((a, b) => b.at - a.at || b.version - a.version).slice(0, MOST);
    },
  };
}

function read(engine: LmdbEngine, app: string, limit: number): AppEntry[] {
  const found: AppEntry[] = [];
  for (const [, entry] of engine.range({ ...tupleRange("j", app), reverse: true, limit })) {
    found.push({ app, ...(entry as JournalEntry) });
  }
  return found;
}
