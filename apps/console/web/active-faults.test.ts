import { describe, expect, test } from "vitest";
import { type ActiveFault, buttonsFor, faultsOf, otherEnd } from "./active-faults.ts";

const fault = (kind: ActiveFault["kind"], ...sites: string[]): ActiveFault => ({
  kind,
  sites,
  since: 1,
  by: "operator",
});

describe("the buttons of a site", () => {
  test("break what is well", () => {
    expect(buttonsFor([], "a", true)).toEqual(["kill", "freeze", "partition"]);
    expect(buttonsFor([fault("partition", "b")], "a", true)).not.toContain("heal");
  });

  test("thaw what is frozen, and do not freeze it again", () => {
    expect(buttonsFor([fault("freeze", "a")], "a", true)).toEqual(["thaw", "kill"]);
  });

  test("heal what is cut off, slow or ill, and do not cut it off again", () => {
    expect(buttonsFor([fault("partition", "a")], "a", true)).toEqual(["kill", "freeze", "heal"]);
    for (const kind of ["slow", "break-health", "overload"] as const) {
      expect(buttonsFor([fault(kind, "a")], "a", true)).toContain("heal");
    }
  });

  test("start what is down again", () => {
    expect(buttonsFor([fault("kill", "a")], "a", false)).toEqual(["restart"]);
    expect(buttonsFor([], "a", false)).toEqual(["restart"]);
  });
});

test("a cut link is a fault of both its ends", () => {
  const cut = fault("partition", "a", "b");
  expect([faultsOf([cut], "a"), faultsOf([cut], "b"), faultsOf([cut], "c")]).toEqual([
    [cut],
    [cut],
    [],
  ]);
  expect([otherEnd(cut, "a"), otherEnd(fault("slow", "a"), "a")]).toEqual(["b", undefined]);
});
