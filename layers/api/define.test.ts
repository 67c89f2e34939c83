import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { type AppDefinition, defineApp } from "./define-app.ts";
import { type DeploymentOptions, defineDeployment } from "./define-deployment.ts";
import { identityApp } from "./identity/app.ts";

const good: AppDefinition = {
  id: "notes",
  mode: "active-active",
  durability: "local",
  objectives: { rtoMs: 1_000, rpoMs: 1_000 },
  tables: [],
  api: () => new Hono(),
};

describe("defineApp", () => {
  const wrong: [string, object, RegExp][] = [
    ["an id that is no address", { id: "No Tes" }, /id is not usable.*No Tes.*Use 2 to 31/],
    ["an id of the platform", { id: "routing" }, /platform's own/],
    ["an unknown mode", { mode: "passive" }, /mode is unknown.*passive/],
    ["an unknown durability", { durability: "none" }, /durability is unknown/],
    [
      "an objective that no failover could keep",
      { mode: "active-passive", objectives: { rtoMs: 1_000, rpoMs: 0 } },
      /rpoMs is more than a local app can keep: got 0/,
    ],
    ["no objective", { objectives: { rtoMs: 1 } }, /rpoMs is missing: got nothing/],
    ["a bucket twice", { buckets: ["a", "a"] }, /two buckets have one name: got "a"/],
    ["no routes", { api: undefined }, /api is missing/],
    ["a nested path", { apiPaths: ["a/b"] }, /more than one segment/],
    [
      "a step without a limit",
      { takeover: [{ name: "promote", timeoutMs: 0, run: async () => undefined }] },
      /promote is not time-limited/,
    ],
  ];
  for (const [what, change, message] of wrong) {
    test(`refuses ${what}, and says what it got and the fix`, () => {
      expect(() => defineApp({ ...good, ...change } as AppDefinition)).toThrow(message);
    });
  }

  test("takes a good one as it is, and its mode is one word to change", () => {
    const app = defineApp(good);
    expect(app).toEqual(good);
    expect(defineApp({ ...app, mode: "active-passive" }).mode).toBe("active-passive");
  });
});

describe("defineDeployment", () => {
  const define = (options: Partial<DeploymentOptions>) =>
    defineDeployment({ regions: ["one", "two"], apps: [good], ...options });

  test("adds identity, and a witness where the number of regions is even", () => {
    const two = define({});
    expect(two.apps.map(({ id }) => id)).toEqual(["identity", "notes"]);
    expect(two).toMatchObject({ primary: "one", witness: true });
    expect(define({ regions: ["one", "two", { id: "three" }] }).witness).toBe(false);
    expect(define({ regions: ["one"] }).witness).toBe(false);
  });

  test("refuses what cannot run, and says what it got and the fix", () => {
    expect(() => define({ regions: [] })).toThrow(/regions is not a list/);
    expect(() => define({ regions: ["a", "a"] })).toThrow(/two regions have one name: got "a"/);
    expect(() => define({ regions: ["A B"] })).toThrow(/id is not usable/);
    expect(() => define({ apps: [] })).toThrow(/apps is empty/);
    expect(() => define({ apps: [good, good] })).toThrow(/two apps have one name/);
    expect(() => define({ regions: ["a"], witness: true })).toThrow(/even/);
    const loose = { ...identityApp, durability: "local" as const };
    expect(() => define({ apps: [loose, good] })).toThrow(/identity app has to be/);
  });
});
