/** Names with real processes: what dig and a plain client see when a region is killed. */

import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { DnsStatus } from "../supervisor/status.ts";
import { ampleMs } from "./limits.ts";
import { A, B, type RealDeployment, useReal } from "./real-regions.ts";
import { ask, until } from "./region-client.ts";
import { createCachingClient, lookUp } from "./stub-resolver.ts";

const DIG = "/usr/bin/dig";
const hasDig = existsSync(DIG);
if (!hasDig)
  console.log(`${DIG} is not installed: its answers before and after a kill: not tested`);

const TTL_MS = 1_000;
const deployments = useReal();
let configFile = "";

beforeAll(async () => {
  const bundler = new URL("../link/bundled.mjs", import.meta.url).href;
  const { bundled } = (await import(bundler)) as { bundled: (entry: string) => Promise<string> };
  configFile = await bundled(fileURLToPath(new URL("names.test-program.mjs", import.meta.url)));
});
afterAll(() => rmSync(dirname(configFile), { recursive: true, force: true }));

interface Started {
  readonly real: RealDeployment;
  readonly dns: DnsStatus & { readonly httpPort: number };
  /** What names lead to, by region. */
  readonly addressOf: Readonly<Record<string, string>>;
}

/** Undefined where regions have no addresses of their own. */
async function start(): Promise<Started | undefined> {
  const real = await deployments.start({ configFile, apps: ["desk", "identity"] });
  const { dns } = await real.running.status();
  if (dns === null || dns.httpPort === null) {
    console.log("127.0.0.0/8 is not all loopback here: names alone lead nowhere");
    return undefined;
  }
  await until("every region answers where its name leads to", async () => {
    const { regions } = await real.running.status();
    return regions.every(({ named, namedTrouble }) => named !== null && !namedTrouble);
  });
  const { regions } = await real.running.status();
  const hosts = regions.map(({ id, named }) => [id, new URL(named ?? "").hostname]);
  const addressOf = Object.fromEntries(hosts) as Record<string, string>;
  await until("DNS leads to the regions", async () => {
    const found = await lookUp(dns.port, "desk.rehearsal.test");
    return found.address === addressOf[A];
  });
  return { real, dns: { ...dns, httpPort: dns.httpPort }, addressOf };
}

/** The words of each line that dig +noall prints. */
async function dig(port: number, ...words: string[]): Promise<string[]> {
  const fixed = ["@127.0.0.1", "-p", String(port), "+noall", "+tries=2", "+time=5"];
  const { stdout } = await promisify(execFile)(DIG, [...fixed, ...words], {
    timeout: ampleMs(20_000),
  });
  return stdout
    .trim()
    .split("\n")
    .filter((text) => text !== "")
    .map((text) => text.replaceAll(/\s+/g, " "));
}

const SHARED_LOOPBACK = "\\d+\\.\\d+\\.\\d+\\.\\d+";

test("a plain client that knows only a name is served again within detection and two TTLs", async () => {
  const started = await start();
  if (started === undefined) return;
  const { real, dns, addressOf } = started;
  const name = "desk.rehearsal.test";
  const client = createCachingClient(dns.port, name, dns.httpPort);
  const before = await client.get("/desk/api/where");
  expect([before.address, JSON.parse(before.body)]).toEqual([addressOf[A], { region: A }]);

  await real.fault("kill", [A]);
  const lostAt = performance.now();
  const detected = until(
    "DNS leads elsewhere",
    async () => (await lookUp(dns.port, name)).address === addressOf[B],
  );
  let failures = 0;
  const recoveredMs = await until("the client is served", async () => {
    const answer = await client.get("/desk/api/where").catch(() => undefined);
    if (answer?.status !== 200) failures += 1;
    return answer?.status === 200;
  });
  const detectionMs = await detected;
  console.log(
    `detected after ${Math.round(detectionMs)} ms, served after ${Math.round(recoveredMs)} ms`,
  );
  // Somebody met the failure: otherwise nothing was shown.
  expect(failures).toBeGreaterThan(0);
  expect(performance.now() - lostAt).toBeLessThan(20_000);
  expect(recoveredMs).toBeLessThan(detectionMs + 2 * TTL_MS);
  const after = await client.get("/desk/api/where");
  expect([after.address, JSON.parse(after.body)]).toEqual([addressOf[B], { region: B }]);
});

test.skipIf(!hasDig)(
  "dig gets every type under every policy, before a kill and after it",
  async () => {
    const started = await start();
    if (started === undefined) return;
    const { real, dns, addressOf } = started;
    const answers = async () => ({
      failover: await dig(dns.port, "+answer", "desk.rehearsal.test", "A"),
      latencyNearA: await dig(dns.port, "+short", "+subnet=10.1.2.0/24", "shelf.rehearsal.test"),
      latencyNearB: await dig(dns.port, "+short", "+subnet=10.2.2.0/24", "shelf.rehearsal.test"),
      alias: await dig(dns.port, "+short", "help.rehearsal.test", "A"),
      aliasItself: await dig(dns.port, "+short", "help.rehearsal.test", "CNAME"),
      region: await dig(dns.port, "+short", `${A}.rehearsal.test`, "A"),
      frontDoor: await dig(dns.port, "+short", "rehearsal.test", "A"),
      servers: await dig(dns.port, "+short", "rehearsal.test", "NS"),
      none6: await dig(dns.port, "+comments", "desk.rehearsal.test", "AAAA"),
      missing: await dig(dns.port, "+comments", "nothing.rehearsal.test", "A"),
      elsewhere: await dig(dns.port, "+comments", "example.com", "A"),
      any: await dig(dns.port, "+answer", "desk.rehearsal.test", "ANY"),
      overTcp: await dig(dns.port, "+short", "+tcp", "desk.rehearsal.test", "A"),
    });
    const serial = async () =>
      Number((await dig(dns.port, "+short", "rehearsal.test", "SOA"))[0]?.split(" ")[2]);
    const text = async (name: string) =>
      (await dig(dns.port, "+short", `${name}.rehearsal.test`, "TXT"))[0] ?? "";

    const steady = {
      aliasItself: ["desk.rehearsal.test."],
      region: [addressOf[A]],
      frontDoor: ["127.0.0.1"],
      servers: ["ns1.rehearsal.test."],
      none6: expect.arrayContaining([expect.stringContaining("status: NOERROR")]),
      missing: expect.arrayContaining([expect.stringContaining("status: NXDOMAIN")]),
      elsewhere: expect.arrayContaining([expect.stringContaining("status: REFUSED")]),
      any: [expect.stringMatching(/ HINFO "RFC8482" ""$/)],
    };
    const leading = (
      near: string | undefined,
      far: string | undefined,
      app: string | undefined,
    ) => ({
      failover: [expect.stringMatching(new RegExp(`^desk.* 1 IN A ${SHARED_LOOPBACK}$`))],
      latencyNearA: [near],
      latencyNearB: [far],
      alias: ["desk.rehearsal.test.", app],
      overTcp: [app],
    });
    const [first, second] = [addressOf[A], addressOf[B]];
    expect(await answers()).toEqual({ ...steady, ...leading(first, second, first) });
    expect(await text("desk")).toContain(`"serving=${A}"`);
    expect(await text(A)).toContain('"healthy=true"');
    const serialBefore = await serial();

    await real.fault("kill", [A]);
    await until("desk is led to the other region", async () => {
      const [serving] = await dig(dns.port, "+short", "desk.rehearsal.test");
      return serving === second && (await text("desk")).includes(`serving=${B}`);
    });
    expect(await answers()).toEqual({ ...steady, ...leading(second, second, second) });
    expect(await text("desk")).toContain('"epoch=2"');
    expect(await text(A)).toContain('"healthy=false"');
    expect(await serial()).toBeGreaterThan(serialBefore);
  },
);

test("voters' health checks are told in status, over HTTP and to Prometheus, with the last error", async () => {
  const started = await start();
  if (started === undefined) return;
  const { real, dns } = started;
  const checkOf = async (check: string, region: string) =>
    (await real.running.status()).healthChecks.find(
      (one) => one.check === check && one.region === region,
    );
  await until("all three voters have looked", async () => {
    const seen = await checkOf("region", B);
    return seen?.healthy === true && seen.voters.length === 3;
  });
  await real.fault("break-health", [B]);
  // On a busy machine an answer may be late before it is bad: the last error is what is waited for.
  await until("the check finds it ill", async () => {
    const seen = await checkOf("region", B);
    return seen?.healthy === false && seen.lastError?.reason === "answered 503, not 200 to 399";
  });
  const ill = await checkOf("region", B);
  expect(ill?.history.some(({ healthy }) => !healthy)).toBe(true);
  // Only the witness makes the other one, and a connection is still taken.
  await until("a connection to it is still taken", async () => {
    const door = await checkOf("door", B);
    return door?.healthy === true && door.voters.map(({ voter }) => voter).join() === "witness";
  });
  const url = await real.urlOf(A);
  await until("the region tells it as well", async () => {
    const { body } = await ask(url, "/routing/health-checks");
    const items = body.items as { check: string; region: string; healthy: boolean }[];
    return items.some((one) => one.check === "region" && one.region === B && !one.healthy);
  });
  const metrics = String((await ask(url, "/metrics")).body);
  expect(metrics).toMatch(new RegExp(`health_check{check="region",of="${B}",[^}]*} 0`));
  expect(metrics).toMatch(new RegExp(`health_check{check="region",of="${A}",[^}]*} 1`));
  await until("an asker near the ill region is led to the other", async () => {
    const { address } = await lookUp(dns.port, `shelf.rehearsal.test`);
    return address === started.addressOf[A];
  });
  await real.fault("heal", [B]);
  await until("it is well again", async () => (await checkOf("region", B))?.healthy === true);
});
