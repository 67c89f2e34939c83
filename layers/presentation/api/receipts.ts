/**
 * The receipts of this tab's acknowledged writes, newest last: its session. *pure core + shell*
 *
 * Sent with every request as `Understudy-Session`, so that whichever region answers after a
 * failover waits for these writes, or names the ones it misses. The server reads at most 20.
 */
export const RECEIPTS_KEPT = 20;
const STORAGE_KEY = "understudy.receipts";

export function addReceipt(list: readonly string[], receipt: string): readonly string[] {
  const value = receipt.trim();
  if (value === "" || value.includes(",")) return list;
  return [...list.filter((kept) => kept !== value), value].slice(-RECEIPTS_KEPT);
}

export interface Receipts {
  header(): string | undefined;
  add(receipt: string): void;
}

/** Storage may be refused by the browser: the list then lives as long as the page. */
export function createReceipts(storage: Pick<Storage, "getItem" | "setItem">): Receipts {
  let list: readonly string[] = [];
  try {
    const kept = (storage.getItem(STORAGE_KEY) ?? "").split(",").filter(Boolean);
    list = kept.slice(-RECEIPTS_KEPT);
  } catch {
    list = [];
  }
  return {
    header: () => (list.length === 0 ? undefined : list.join(",")),
    add(receipt) {
      list = addReceipt(list, receipt);
      try {
        storage.setItem(STORAGE_KEY, list.join(","));
      } catch {
        // Read-your-writes then ends with the page, which is all that can be kept.
      }
    },
  };
}
