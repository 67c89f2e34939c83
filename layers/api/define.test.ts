import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineTable } from "../key-value/table.ts";
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

const passive = (takeover: object[]): object => ({ mode: "active-passive", takeover });
const replicated = (more: object): object => ({ durability: "replicated", ...more });

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
    ...["platform-idempotency", "platform-late", "platform-objects", "platform-x"].map(
      (name): [string, object, RegExp] => [
        `a table called ${name}`,
        {
          tables: [defineTable({ name, schema: z.object({ id: z.string() }), partitionKey: "id" })],
        },
        new RegExp(`name of the platform's own: got "${name}"\\. Choose one that does not begin`),
      ],
    ),
    ["a bucket twice", { buckets: ["a", "a"] }, /two buckets have one name: got "a"/],
    [
      "a bucket of one letter",
      { buckets: ["b"] },
      /^[^"]*name cannot be used: got "b"\. Use 2 to 63[^"]*$/,
    ],
    ["homes in a list", { homes: ["dublin"] }, /homes is no object/],
    [
      "a home that is no word",
      { homes: { "Dublin 2": [] } },
      /a home has no usable name.*Dublin 2/,
    ],
    ["a home of one region, unlisted", { homes: { dublin: "eu" } }, /homes.dublin is no list/],
    [
      "a home with a region twice",
      { homes: { dublin: ["a", "a"] } },
      /two regions of homes.dublin/,
    ],
    [
      "more homes than a record holds",
      { homes: Object.fromEntries(Array.from({ length: 17 }, (_, at) => [`h${at}`, []])) },
      /homes has too many names: got 17/,
    ],
    ["no routes", { api: undefined }, /api is missing/],
    ["a nested path", { apiPaths: ["a/b"] }, /more than one segment/],
    [
      "a step without a limit",
      { takeover: [{ name: "promote", timeoutMs: 0, run: async () => undefined }] },
      /promote is not time-limited/,
    ],
    [
      "takeover steps of an app that no region takes over",
      { takeover: [{ name: "promote", timeoutMs: 1, run: async () => undefined }] },
      /got "promote"\. Make the app active-passive/,
    ],
    ["a takeover step that does nothing", passive([{ name: "x", timeoutMs: 1 }]), /x does nothing/],
    ["a misspelt takeover step", passive([{ name: "x", timeout: 1 }]), /Did you mean timeoutMs\?/],
    ["a failover by itself and not", { failover: "never" }, /failover is unknown: got "never"/],
    ["a move of what does not move", { failover: "manual" }, /active-active app serves in every/],
    ["a set of half a region", replicated({ minInSync: 0.5 }), /minInSync is no number of regions/],
    ["an in-sync set of a local app", { minInSync: 2 }, /minInSync is for replicated apps: got 2/],
    ["a misspelt option", { minInSnyc: 2 }, /got "minInSnyc"\. Did you mean minInSync\?/],
    ["an option that is like no other", { fenceable: false }, /"fenceable"\. Known are id, mode/],
    ["misspelt buckets", { bukets: ["a"] }, /Did you mean buckets\?/],
    ["a misspelt objective", { objectives: { rtoMs: 1, rpo: 1 } }, /Did you mean rpoMs\?/],
    ["a misspelt health option", { health: { limitsMs: 1 } }, /Did you mean limitMs\?/],
    ["health that is no object", { health: true }, /health is no object: got true/],
    ["an unknown option of the pages", { web: { title: "x", colour: 1 } }, /web: .*colour/],
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
    const nervous = { leases: "nervous" } as unknown as Parameters<typeof define>[0];
    expect(() => define(nervous)).toThrow(/leases is unknown: got "nervous". Use "default" or/);
    expect(define({}).leases).toBe("default");
    const loose = { ...identityApp, durability: "local" as const };
    expect(() => define({ apps: [loose, good] })).toThrow(/identity app has to be/);
  });

  test("refuses a name that nothing reads, at every depth, and names the nearest", () => {
    const wrong: [object, RegExp][] = [
      [{ region: ["one"] }, /got "region"\. Did you mean regions\?/],
      [{ regions: [{ id: "one", titel: "One" }] }, /a region: .*Did you mean title\?/],
      [{ objectives: { rto: 1, rpoMs: 1 } }, /objectives: .*Did you mean rtoMs\?/],
      [{ dns: { zones: "a.test" } }, /dns: .*Did you mean zone\?/],
      [{ dns: { ttls: { adressS: 1 } } }, /dns\.ttls: .*Did you mean addressS\?/],
      [{ healthChecks: { up: { intervallMs: 1 } } }, /health check up: .*Did you mean intervalMs/],
      [{ healthChecks: { up: { terms: { failure: 1 } } } }, /terms of .*Did you mean failures/],
    ];
    for (const [options, message] of wrong) {
      expect(() => define(options as Partial<DeploymentOptions>)).toThrow(message);
    }
  });

  test("checks apps that were not made by defineApp", () => {
    const apps = [{ ...good, minInSnyc: 1 }] as unknown as AppDefinition[];
    expect(() => define({ apps })).toThrow(/Did you mean minInSync\?/);
  });

  test("refuses to want more regions in sync than there are", () => {
    const apps = [{ ...good, durability: "replicated" as const, minInSync: 3 }];
    expect(() => define({ apps })).toThrow(/app notes: minInSync is more .*got 3\. Give at most 2/);
    expect(define({ apps, regions: ["a", "b", "c"] }).apps[1]?.minInSync).toBe(3);
  });

  test("gives its objectives to apps that name none", () => {
    const { objectives, ...bare } = good;
    const own = { ...good, id: "own" };
    const common = { rtoMs: 5, rpoMs: 7 };
    const found = define({ apps: [bare, own], objectives: common }).apps;
    expect(found.map((app) => [app.id, app.objectives])).toEqual([
      ["identity", identityApp.objectives],
      ["notes", common],
      ["own", objectives],
    ]);
    expect(define({ apps: [bare] }).apps[1]?.objectives.rtoMs).toBe(900_000);
    const lossy = { ...bare, mode: "active-passive" as const };
    const none = { rtoMs: 1, rpoMs: 0 };
    expect(() => define({ apps: [lossy], objectives: none })).toThrow(/app notes: .*local app/);
  });
});
