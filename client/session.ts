/**
 * The receipts of a client's own writes, per app: sent along, they let a region that has just
 * taken over wait for them, or name those it does not have. Newest last; the oldest go first.
 */
export const RECEIPTS_KEPT = 20;

export interface Session {
  keep(app: string, receipts: string | null): void;
  /** The value of `Understudy-Session`, if there is anything to say. */
  header(app: string): string | undefined;
  receipts(app: string): readonly string[];
}

export function createSession(): Session {
  const kept = new Map<string, string[]>();
  return {
    keep(app, receipts) {
      if (receipts === null) return;
      const list = kept.get(app) ?? [];
      for (const receipt of receipts.split(",").map((r) => r.trim())) {
        if (receipt === "") continue;
        const known = list.indexOf(receipt);
        if (known >= 0) list.splice(known, 1);
        list.push(receipt);
      }
      kept.set(app, list.slice(-RECEIPTS_KEPT));
    },
    header(app) {
      const list = kept.get(app);
      return list === undefined || list.length === 0 ? undefined : list.join(",");
    },
    receipts: (app) => [...(kept.get(app) ?? [])],
  };
}
