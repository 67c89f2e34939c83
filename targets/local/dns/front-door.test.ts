import { Resolver } from "node:dns/promises";
import { afterEach, expect, test } from "vitest";
import { type FakeRegion, startFakeRegion } from "../front-door/fake-region.ts";
import { startFrontDoor } from "../front-door/front-door.ts";
import type { Table } from "../front-door/router.ts";
import { startDnsServer } from "./server.ts";
import { createZoneKeeper } from "./zone-keeper.ts";

/** The front door's own following and probing, and DNS over what it knows. */
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** The fake regions share 127.0.0.1: for DNS each has an address of its own. */
function withAddresses(tableOf: () => Table): () => Table {
  let of: Table | undefined;
  let kept: Table | undefined;
  return () => {
    const table = tableOf();
    if (kept !== undefined && of === table) return kept;
    of = table;
    const regions = table.regions.map(({ id }, at) => ({ id, url: `http://127.0.7.${at + 1}:80` }));
    kept = { ...table, regions };
    return kept;
  };
}

const SETTINGS = { zone: "understudy.test", serverAddresses: ["127.0.0.1"] };

async function start() {
  const regions: readonly FakeRegion[] = [
    await startFakeRegion("near"),
    await startFakeRegion("far"),
  ];
  cleanups.push(() => regions.forEach((region) => void region.kill()));
  const door = await startFrontDoor({ port: 0, regions });
  cleanups.push(() => door.close());
  const state = createZoneKeeper({
    settings: () => SETTINGS,
    table: withAddresses(() => door.table()),
    wallSeconds: 1_000,
  });
  const dns = await startDnsServer({ host: "127.0.0.1", state });
  cleanups.push(() => dns.close());
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${dns.port}`]);
  const address = () => resolver.resolve4("tickets.understudy.test").catch((error) => error.code);
  const [near, far] = regions;
  if (near === undefined || far === undefined) return expect.fail("there are two regions");
  return { near, far, address };
}

const record = (epoch: number, serving: string) => ({
  app: "tickets",
  version: epoch,
  epoch,
  phase: "serving",
  servingRegions: [serving],
});

test("DNS follows a record that a region pushes to the front door", async () => {
  const { near, far, address } = await start();
  expect(await address()).toBe("ENOTFOUND");
  near.push(record(1, "near"));
  await expect.poll(address).toEqual(["127.0.7.1"]);
  far.push(record(2, "far"));
  await expect.poll(address).toEqual(["127.0.7.2"]);
  near.push(record(1, "near"));
  near.push(record(3, "near"));
  await expect.poll(address).toEqual(["127.0.7.1"]);
});

test("DNS leaves a region that the front door finds dead or silent, and returns to it", async () => {
  const { near, address } = await start();
  near.push(record(1, "near"));
  await expect.poll(address).toEqual(["127.0.7.1"]);
  near.kill();
  await expect.poll(address).toEqual(["127.0.7.2"]);
  await near.restart();
  await expect.poll(address).toEqual(["127.0.7.1"]);
  near.freeze();
  await expect.poll(address).toEqual(["127.0.7.2"]);
  near.thaw();
  await expect.poll(address).toEqual(["127.0.7.1"]);
});
