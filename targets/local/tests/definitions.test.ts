/** Changed definitions of an app's tables over the data of real processes. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConfigurationError } from "../../../base/errors.ts";
import { startDeployment } from "../supervisor/supervisor.ts";
import { ampleMs } from "./limits.ts";
import { A, B, type RealDeployment, useReal } from "./real-regions.ts";
import { ask, until } from "./region-client.ts";

const ROWS = 6000;
const BATCH = 60;
const real = useReal();
let configFile = "";
let folder = "";

beforeAll(async () => {
  const bundler = new URL("../link/bundled.mjs", import.meta.url).href;
  const { bundled } = (await import(bundler)) as { bundled: (entry: string) => Promise<string> };
  const program = new URL("definitions.test-program.mjs", import.meta.url);
  configFile = await bundled(fileURLToPath(program));
  folder = mkdtempSync(join(tmpdir(), "understudy-definitions-"));
  process.env["DEFINITIONS_VERSION"] = join(folder, "version");
});
afterAll(() => {
  delete process.env["DEFINITIONS_VERSION"];
  for (const one of [dirname(configFile), folder]) rmSync(one, { recursive: true, force: true });
});

const use = (version: string): void => writeFileSync(join(folder, "version"), version);
const apps = ["demo", "identity"];
/** What moves an app is not looked at here, and a machine with too much to do shall not move it. */
const leases = "calm";

/** Starts again on the data of a deployment that was stopped. */
const again = ({ dataDir, programs }: RealDeployment) =>
  startDeployment({ dataDir, programs, httpPort: 0, log: () => undefined });

test("indexes are built before the app is served, through a kill, and data that does not fit stops the start", async () => {
  use("plain");
  const first = await real.start({ configFile, apps, leases });
  const url = await first.urlOf(A);
  for (let from = 0; from < ROWS; from += BATCH) {
    const body = { from, to: from + BATCH };
    const answer = await ask(url, "/demo/api/rows/r", { method: "PUT", body });
    expect(answer.status).toBe(204);
  }
  await first.running.stop();

  for (const [version, message] of [
    ["required", /: demo: the row "r000000" of the table rows does not fit its schema: size: /],
    ["rekeyed", /: demo: the key of the table rows was changed, and it has rows/],
  ] as const) {
    use(version);
    const refused = await again(first).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ConfigurationError);
    expect((refused as Error).message).toMatch(message);
  }

  use("defaulted");
  const second = await again(first);
  try {
    const regions = async () => (await second.status()).regions;
    let building: Awaited<ReturnType<typeof regions>>[number] | undefined;
    await until("a region says what it builds", async () => {
      building = (await regions()).find(({ id }) => id === A);
      return building?.building !== undefined || building?.healthy === true;
    });
    expect(building?.building).toMatchObject({ app: "demo", table: "rows", index: "by-color" });
    expect([building?.healthy, building?.reason]).toEqual([
      false,
      expect.stringMatching(
        /^demo: building an index: by-color of the table rows, \d+ items so far$/,
      ),
    ]);
    process.kill(building?.pid ?? 0, "SIGKILL");
    await second.whenServing(ampleMs(60_000));
    for (const id of [A, B]) {
      await until(`${id} has built it`, async () => {
        const region = (await regions()).find((one) => one.id === id);
        return region?.up === false || (region?.healthy === true && region.building === undefined);
      });
    }
    const serving = (await regions()).find(({ healthy }) => healthy);
    const at = serving?.url ?? "";
    const counted = await ask(at, "/demo/api/colors/all", {});
    expect(counted.body).toEqual({ count: ROWS });
    const read = await ask(at, "/demo/api/rows/r000007", {});
    expect(read.body).toMatchObject({ id: "r000007", size: "L" });
  } finally {
    await second.stop();
  }
});

test("another failover policy holds from the next start on", async () => {
  use("plain");
  const first = await real.start({ configFile, apps, leases });
  expect((await first.viewOf(A, "demo")).policy).toBe("automatic");
  await first.running.stop();
  use("manual");
  const second = await again(first);
  try {
    await second.whenServing(ampleMs(60_000));
    const app = async () => (await second.status()).apps.find((one) => one.app === "demo");
    await until("the policy is the new one", async () => (await app())?.policy === "manual");
    const url = (await second.status()).regions[0]?.url ?? "";
    const { body } = await ask(url, "/routing/journal?app=demo");
    const causes = body.items.map(({ cause }: { cause: string }) => cause);
    expect(causes).toContain("policy");
    expect(causes).not.toContain("takeover");
  } finally {
    await second.stop();
  }
});
