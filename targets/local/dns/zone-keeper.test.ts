import { expect, test } from "vitest";
import { answer } from "../../../layers/routing/dns-answer.ts";
import { createTable, type Fact, learn, type Table } from "../front-door/router.ts";
import { chooseLoopback, isUsableAddress } from "./loopback.ts";
import { createZoneKeeper } from "./zone-keeper.ts";

const REGIONS = [
  { id: "eu-west-1", url: "http://127.0.7.1:8090" },
  { id: "ap-southeast-1", url: "http://[::1]:8090" },
];
const settings = { zone: "understudy.test", serverAddresses: ["127.0.0.1"] };
const record = (version: number, app: string, ...servingRegions: string[]): Fact => ({
  type: "record",
  app,
  version,
  epoch: version,
  fenced: false,
  servingRegions,
});

function keeper() {
  const faults: unknown[] = [];
  let table: Table = createTable(REGIONS);
  const zone = createZoneKeeper({
    settings: () => settings,
    table: () => table,
    wallSeconds: 1_000.5,
    onFault: (error) => faults.push(error),
  });
  const tell = (fact: Fact): void => {
    table = learn(table, fact);
  };
  const ask = (type: number) =>
    answer({ name: "tickets.understudy.test", type, class: 1 }, zone(), {}).answers;
  return { zone, tell, ask, faults };
}

test("the zone follows the front door's table, and is built once per change", () => {
  const { zone, tell, ask } = keeper();
  tell(record(1, "tickets", "eu-west-1"));
  const first = zone();
  expect(zone()).toBe(first);
  expect(ask(1)).toMatchObject([{ address: { bytes: [127, 0, 7, 1] } }]);
  tell(record(2, "tickets", "ap-southeast-1"));
  expect(ask(1)).toEqual([]);
  expect(ask(28)).toMatchObject([{ type: "AAAA" }]);
  expect([first.serial, zone().serial]).toEqual([1_001, 1_002]);
});

test("a region that is down or silent is not told while another one is up", () => {
  for (const condition of ["down", "silent"] as const) {
    const { tell, ask } = keeper();
    tell(record(1, "tickets", "ap-southeast-1"));
    expect(ask(1)).toEqual([]);
    tell({ type: "condition", region: "ap-southeast-1", condition });
    expect(ask(1)).toMatchObject([{ address: { bytes: [127, 0, 7, 1] } }]);
    tell({ type: "condition", region: "eu-west-1", condition });
    expect(ask(28)).toMatchObject([{ type: "AAAA" }]);
  }
});

test("a fence is told in the app's text, and its reads are still led to where it served", () => {
  const { tell, ask } = keeper();
  tell({ ...record(4, "tickets", "eu-west-1"), fenced: true } as Fact);
  expect(ask(1)).toMatchObject([{ address: { bytes: [127, 0, 7, 1] } }]);
  const texts = ["app=tickets", "serving=eu-west-1", "state=fenced", "epoch=4"];
  expect(ask(16)).toMatchObject([{ texts }]);
});

test("a record that makes no zone leaves the names that there were", () => {
  const { zone, tell, faults } = keeper();
  tell(record(1, "tickets", "eu-west-1"));
  const before = zone();
  tell(record(1, "no name", "eu-west-1"));
  expect(zone()).toBe(before);
  expect(zone()).toBe(before);
  expect(faults).toHaveLength(1);
});

test("each region gets an address of its own, and keeps it when others come and go", () => {
  const ids = ["eu-west-1", "ap-southeast-1", "us-east-1"];
  const chosen = chooseLoopback("deployment-1", ids);
  expect(new Set(Object.values(chosen)).size).toBe(3);
  for (const address of Object.values(chosen)) {
    expect(address).toMatch(/^127\.([1-9]\d{0,2})\.\d{1,3}\.([1-9]\d{0,2})$/);
  }
  expect(chooseLoopback("deployment-1", [...ids].reverse(), chosen)).toEqual(chosen);
  const more = chooseLoopback("deployment-1", [...ids, "sa-east-1"], chosen);
  expect(more).toMatchObject(chosen);
  const all = Array.from({ length: 254 }, (_, at) => `region-${at}`);
  expect(new Set(Object.values(chooseLoopback("deployment-1", all))).size).toBe(254);
});

test("an address is usable only where a socket can be bound to it", async () => {
  expect(await isUsableAddress("127.0.0.1")).toBe(true);
  expect(await isUsableAddress("192.0.2.1")).toBe(false);
});
