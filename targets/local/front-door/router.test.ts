import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chooseRegion,
  createTable,
  type Fact,
  isLost,
  learn,
  routeOf,
  type Table,
  withChosen,
} from "./router.ts";

const regions = ["a", "b", "c"].map((id) => ({ id, url: `http://${id}` }));
const record = (
  servingRegions: string[],
  epoch: number,
  version = epoch,
  fenced = false,
): Fact => ({
  type: "record",
  app: "tickets",
  version,
  epoch,
  fenced,
  servingRegions,
});
const tableOf = (...facts: Fact[]): Table => facts.reduce(learn, createTable(regions));
const condition = (region: string, now: "up" | "down" | "silent"): Fact => ({
  type: "condition",
  region,
  condition: now,
});
const ask = (
  table: Table,
  access: "read" | "keyed" | "bare",
  tried: string[] = [],
  busy: string[] = [],
) => chooseRegion(table, { app: "tickets", access, tried, busy });

describe("the router", () => {
  it("keeps the highest version of a record, whatever the order of arrival", () => {
    const facts = fc.array(
      fc.record({
        version: fc.integer({ min: 1, max: 9 }),
        serving: fc.constantFrom("a", "b", "c"),
      }),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(facts, (list) => {
        const first = new Map<number, string>();
        for (const { version, serving } of list)
          if (!first.has(version)) first.set(version, serving);
        const table = tableOf(
          ...[...first].map(([version, serving]) => record([serving], version)),
          ...list.map(({ version }) => record([first.get(version) ?? ""], version)),
        );
        const highest = Math.max(...first.keys());
        expect(table.apps.get("tickets")?.servingRegions).toEqual([first.get(highest)]);
      }),
    );
  });

  it("sends a write only where the record says, and holds it while that region is in trouble", () => {
    const table = tableOf(record(["b"], 1));
    expect(ask(table, "keyed")).toBe("b");
    expect(ask(table, "bare")).toBe("b");
    expect(ask(learn(table, condition("b", "down")), "keyed")).toBeUndefined();
    expect(ask(learn(table, condition("b", "silent")), "bare")).toBeUndefined();
  });

  it("sends a read anywhere rather than refuse it", () => {
    const table = tableOf(record(["b"], 1), condition("b", "down"), condition("a", "silent"));
    expect(ask(table, "read")).toBe("c");
    expect(ask(table, "read", ["c"])).toBe("b");
    expect(ask(table, "read", ["c", "b"])).toBe("a");
    expect(ask(table, "read", ["c", "b", "a"])).toBeUndefined();
  });

  it("asks the region that serves an app about it, and about no region that is in trouble first", () => {
    const other: Fact = { ...record(["c"], 1), app: "photos" } as Fact;
    const table = tableOf(record(["b"], 1), other);
    const about = (known: Table, access: "read" | "bare") =>
      chooseRegion(known, { app: "routing/photos", access, tried: [], busy: [] });
    expect([about(table, "read"), about(table, "bare")]).toEqual(["c", "c"]);
    expect(about(learn(table, condition("c", "down")), "bare")).toBe("a");
  });

  it("asks the region that serves most apps about all of them", () => {
    const other: Fact = { ...record(["b"], 1), app: "photos" } as Fact;
    const table = tableOf(record(["b"], 1), other);
    const about = (known: Table, tried: string[] = []) =>
      chooseRegion(known, { app: "routing", access: "read", tried, busy: [] });
    expect(about(table)).toBe("b");
    expect(about(table, ["b"])).toBe("a");
    expect(about(learn(table, condition("b", "down")))).toBe("a");
    expect(about(tableOf())).toBe("a");
  });

  it("shows a fenced app's writers the region's own refusal", () => {
    expect(ask(tableOf(record(["b"], 2, 2, true)), "keyed")).toBe("b");
  });

  it("believes a refusal of a higher epoch, and none of a lower one", () => {
    const refusal = (epoch: number, serving: string): Fact => ({
      type: "refused",
      app: "tickets",
      region: "a",
      epoch,
      servingRegions: [serving],
    });
    const table = tableOf(record(["a"], 5));
    expect(ask(learn(table, refusal(6, "c")), "keyed")).toBe("c");
    expect(ask(learn(table, refusal(4, "c")), "keyed")).toBe("a");
  });

  it("holds writes for a region whose gate is closed until it is seen open", () => {
    const closed = tableOf(record(["a"], 5), {
      type: "refused",
      app: "tickets",
      region: "a",
      epoch: 5,
      servingRegions: ["a"],
    });
    expect(ask(closed, "keyed")).toBeUndefined();
    expect(ask(closed, "read")).toBe("a");
    const open = learn(closed, { type: "serves", app: "tickets", region: "a", epoch: 5 });
    expect(ask(open, "keyed")).toBe("a");
  });

  it("stays with the region in use when several serve, until it is in trouble", () => {
    const both = tableOf(record(["a", "b"], 1));
    expect(ask(both, "keyed")).toBe("a");
    const onB = withChosen(both, "tickets", "b");
    expect(ask(onB, "keyed")).toBe("b");
    expect(ask(learn(onB, condition("b", "down")), "keyed")).toBe("a");
  });

  it("gives up an attempt when its region is gone, a write's not for silence", () => {
    const table = tableOf(record(["a"], 1), record(["b"], 2));
    expect(isLost(table, "tickets", "keyed", "a")).toBe(true);
    expect(isLost(table, "tickets", "read", "a")).toBe(false);
    expect(isLost(learn(table, condition("a", "down")), "tickets", "read", "a")).toBe(true);
    const silent = learn(table, condition("b", "silent"));
    expect(isLost(silent, "tickets", "read", "b")).toBe(true);
    expect(isLost(silent, "tickets", "keyed", "b")).toBe(false);
  });

  it("never chooses a region that was tried or is at work on the same request", () => {
    const ids = fc.subarray(["a", "b", "c"]);
    const state = fc.constantFrom("up", "down", "silent") as fc.Arbitrary<"up" | "down" | "silent">;
    const access = fc.constantFrom("read", "keyed", "bare") as fc.Arbitrary<
      "read" | "keyed" | "bare"
    >;
    fc.assert(
      fc.property(ids, ids, ids, state, access, (serving, tried, busy, now, how) => {
        const table = tableOf(record(serving, 1), condition("a", now));
        const region = ask(table, how, tried, busy);
        expect([...tried, ...busy]).not.toContain(region);
        if (how !== "read" && region !== undefined) expect(serving).toContain(region);
      }),
    );
  });

  it.each([
    ["/", undefined],
    ["/console/", undefined],
    ["/routing/apps", "routing"],
    ["/routing/apps/tickets/fence", "routing/tickets"],
    ["/health", undefined],
    ["/health/tickets/serving", "tickets"],
    ["/identity/me", "identity"],
    ["/tickets/api/tickets?limit=2", "tickets"],
    ["/tickets?x=/photos", "tickets"],
  ])("takes the app of %s from its path", (path, app) => {
    expect(routeOf(path)).toEqual(app === undefined ? { kind: "region" } : { kind: "region", app });
  });

  it("hands /control/ to the supervisor", () => {
    expect(routeOf("/control/fault")).toEqual({ kind: "control" });
  });
});
