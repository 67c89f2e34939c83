/**
 * The receipts of this tab's acknowledged writes, per app, newest last: its session. *pure + shell*
 *
 * Sent with an app's requests as `Understudy-Session`, so that whichever region answers after a
 * failover waits for these writes, or names the ones it misses. The server reads at most 20.
 */
export const RECEIPTS_KEPT = 20;
const STORAGE_PREFIX = "understudy.receipts.";

const receiptsIn = (header: string): readonly string[] =>
  header
    .split(",")
    .map((receipt) => receipt.trim())
    .filter((receipt) => receipt !== "");

/** The list after an answer whose receipt header (one or several, comma-separated) is given. */
export function addReceipts(list: readonly string[], header: string): readonly string[] {
  const news = receiptsIn(header);
  return [...list.filter((kept) => !news.includes(kept)), ...news].slice(-RECEIPTS_KEPT);
}

export interface Receipts {
  header(app: string): string | undefined;
  add(app: string, header: string): void;
}

/** Storage may be refused by the browser: the list then lives as long as the page. */
export function createReceipts(storage: Pick<Storage, "getItem" | "setItem">): Receipts {
  const byApp = new Map<string, readonly string[]>();
  const listOf = (app: string): readonly string[] => {
    const known = byApp.get(app);
    if (known !== undefined) return known;
    let kept = "";
    try {
      kept = storage.getItem(STORAGE_PREFIX + app) ?? "";
    } catch {
      // Nothing is known of earlier pages then.
    }
    const list = addReceipts([], kept);
    byApp.set(app, list);
    return list;
  };
  return {
    header: (app) => listOf(app).join(",") || undefined,
    add(app, header) {
      const list = addReceipts(listOf(app), header);
      byApp.set(app, list);
      try {
        storage.setItem(STORAGE_PREFIX + app, list.join(","));
      } catch {
        // Read-your-writes then ends with the page, which is all that can be kept.
      }
    },
  };
}
