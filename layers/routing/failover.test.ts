import { expect, test } from "vitest";
import { wallMs } from "../../base/clock.ts";
import * as changes from "./changes.ts";
import { decideWait } from "./failover.ts";
import type { RoutingRecord } from "./record.ts";

const LEASE_MS = 500;
const A = { region: "a", incarnation: 1 };
const B = { region: "b", incarnation: 1 };
const change = () => ({ changeId: "x", at: wallMs(0), by: "operator", reason: "test" });
const must = (changed: changes.Changed): RoutingRecord => {
  if (!changed.ok) throw new Error(changed.reason);
  return changed.record;
};

/** `b` took over from `a`, then an operator fenced and unfenced. */
function unfenced(durability: "replicated" | "local"): RoutingRecord {
  const terms = { mode: "active-passive", durability, regions: ["a", "b"] } as const;
  const created = changes.create(
    { app: "app", inSyncTarget: 2, policy: "automatic", ...terms },
    A,
    change(),
  );
  const inSync = must(changes.setInSync(created, A, ["a", "b"], change()));
  const takeover = { forced: false, cause: "takeover" } as const;
  const taken = must(changes.takeOver(inSync, B, takeover, change()));
  return must(changes.unfence(must(changes.fence(taken, change())), change()));
}

test("an epoch after an unfence is waited for, unless the one before had begun here", () => {
  const record = unfenced("local");
  expect(record.epoch).toBe(3);
  const waits = [2, 1, 0].map((begunEpoch) => decideWait(record, LEASE_MS, begunEpoch));
  expect(waits).toEqual([0, LEASE_MS, LEASE_MS]);
});

test("a replicated app's in-sync set fences: nobody waits", () => {
  expect(decideWait(unfenced("replicated"), LEASE_MS, 0)).toBe(0);
});
