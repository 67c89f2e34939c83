import { Resolver } from "node:dns/promises";
import { createServer, get, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { buildZone } from "../../../layers/routing/dns-zone.ts";
import { HEALTHY, nextHealth } from "../../../layers/routing/health.ts";
import { ampleMs } from "../tests/limits.ts";
import { isUsableAddress } from "./loopback.ts";
import { type DnsServer, startDnsServer } from "./server.ts";

/**
 * A client that knows nothing of Understudy: a resolver, a cache that believes the TTL, and HTTP.
 * Two regions, each on a loopback address of its own with one port. Somebody asks them every
 * CHECK_MS, with hysteresis; that is the detection.
 */
const NAME = "tickets.understudy.test";
const ADDRESSES = { near: "127.0.7.1", far: "127.0.7.2" } as const;
type Id = keyof typeof ADDRESSES;
const TTL_MS = 1_000;
const CHECK_MS = 50;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function startRegion(id: Id, port: number): Promise<Server> {
  const server = createServer((_, response) => response.end(id));
  await new Promise<void>((resolve) => server.listen(port, ADDRESSES[id], resolve));
  cleanups.push(() => stopRegion(server));
  return server;
}

function stopRegion(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function fetchFrom(address: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: address, port, agent: false, timeout: ampleMs(500) },
      (response) => {
        let body = "";
        response.on("data", (chunk) => {
          body += chunk;
        });
        response.on("end", () => resolve(body));
      },
    );
    request.on("timeout", () => request.destroy(new Error("silent")));
    request.on("error", reject);
  });
}

/** Asks both regions again and again; the app moves to whoever is well. */
function watchRegions(port: number) {
  const health = { near: HEALTHY, far: HEALTHY };
  const seen = { serving: "near" as Id, movedAt: 0, serial: 1 };
  const look = async (id: Id): Promise<void> => {
    const isGood = await fetchFrom(ADDRESSES[id], port).then(
      () => true,
      () => false,
    );
    health[id] = nextHealth(health[id], isGood, { failures: 2, successes: 2 });
    const other = id === "near" ? "far" : "near";
    if (health[id].healthy || seen.serving !== id || !health[other].healthy) return;
    seen.serving = other;
    seen.movedAt = performance.now();
    seen.serial += 1;
  };
  const timers = [setInterval(() => void look("near"), CHECK_MS)];
  timers.push(setInterval(() => void look("far"), CHECK_MS));
  cleanups.push(() => timers.forEach(clearInterval));
  const state = () =>
    buildZone(
      { zone: "understudy.test", serverAddresses: ["127.0.0.1"] },
      {
        serial: seen.serial,
        regions: (["near", "far"] as const).map((id) => ({
          id,
          addresses: [ADDRESSES[id]],
          healthy: health[id].healthy,
        })),
        apps: [{ app: "tickets", servingRegions: [seen.serving] }],
      },
    );
  return { seen, state };
}

/** Believes an answer for its TTL, as resolvers and browsers do. */
function createCachingClient(dns: DnsServer, port: number) {
  const resolver = new Resolver({ timeout: ampleMs(2_000), tries: 3 });
  resolver.setServers([`${dns.address}:${dns.port}`]);
  let cached: { readonly address: string; readonly until: number } | undefined;
  return async (): Promise<string> => {
    if (cached === undefined || performance.now() >= cached.until) {
      const [first] = await resolver.resolve4(NAME, { ttl: true });
      if (first === undefined) throw new Error("no address");
      cached = { address: first.address, until: performance.now() + first.ttl * 1_000 };
    }
    return fetchFrom(cached.address, port);
  };
}

const hasLoopbackNetwork = await isUsableAddress(ADDRESSES.far);
if (!hasLoopbackNetwork) console.log("127.0.0.0/8 is not all loopback here: no failover by DNS");

test.skipIf(!hasLoopbackNetwork)(
  "a plain client follows DNS to the other region within detection and two TTLs",
  async () => {
    const near = await startRegion("near", 0);
    const { port } = near.address() as AddressInfo;
    await startRegion("far", port);
    const { seen, state } = watchRegions(port);
    const dns = await startDnsServer({ host: "127.0.0.1", state });
    cleanups.push(() => dns.close());
    const ask = createCachingClient(dns, port);
    expect(await ask()).toBe("near");

    const lostAt = performance.now();
    await stopRegion(near);
    const failures: number[] = [];
    let answered = "";
    while (answered !== "far") {
      answered = await ask().catch(() => "");
      if (answered === "") failures.push(performance.now());
      await new Promise((resolve) => setTimeout(resolve, 10));
      expect(performance.now() - lostAt).toBeLessThan(ampleMs(30_000));
    }
    const recoveredMs = performance.now() - lostAt;
    // Somebody met the failure: otherwise nothing was shown.
    expect(failures.length).toBeGreaterThan(0);
    const detectionMs = Math.max(0, seen.movedAt - lostAt);
    expect(recoveredMs).toBeLessThan(detectionMs + 2 * TTL_MS);
    console.log(
      `recovered ${Math.round(recoveredMs)} ms after the loss, detected after ${Math.round(detectionMs)}`,
    );
  },
);

test("a resolver gets every type that it knows how to ask for", async () => {
  const state = () =>
    buildZone(
      { zone: "understudy.test", serverAddresses: ["127.0.0.1"], aliases: { blog: "tickets" } },
      {
        serial: 9,
        regions: [{ id: "near", addresses: ["127.0.7.1", "::1"], healthy: true }],
        apps: [{ app: "tickets", servingRegions: ["near"] }],
      },
    );
  const dns = await startDnsServer({ host: "127.0.0.1", state });
  cleanups.push(() => dns.close());
  const resolver = new Resolver();
  resolver.setServers([`127.0.0.1:${dns.port}`]);
  expect(await resolver.resolve4("blog.understudy.test")).toEqual(["127.0.7.1"]);
  expect(await resolver.resolve6(NAME)).toEqual(["::1"]);
  expect(await resolver.resolveCname("blog.understudy.test")).toEqual([NAME]);
  expect(await resolver.resolveNs("understudy.test")).toEqual(["ns1.understudy.test"]);
  expect(await resolver.resolveTxt(NAME)).toEqual([["app=tickets", "serving=near"]]);
  expect(await resolver.resolveSoa("understudy.test")).toMatchObject({ serial: 9, minttl: 1 });
  await expect(resolver.resolve4("none.understudy.test")).rejects.toMatchObject({
    code: "ENOTFOUND",
  });
  await expect(resolver.resolveCname(NAME)).rejects.toMatchObject({ code: "ENODATA" });
  await expect(resolver.resolve4("example.com")).rejects.toMatchObject({ code: "EREFUSED" });
});
