/** A planned stop and the start after it: every app is where it belongs, whatever was written. */
import { expect, test } from "vitest";
import { A, B, type RealDeployment, useReal } from "./real-regions.ts";
import { ask, signUp, until } from "./region-client.ts";
import { startTicketLoad } from "./ticket-load.ts";

const ROUNDS = Number(process.env["UNDERSTUDY_STOPS"] ?? 4);
const APPS = ["tickets", "identity"];
const deployments = useReal();

const statesOf = async ({ running }: RealDeployment) =>
  (await running.status()).apps.map(({ app, state, servingRegions }) => [
    app,
    state,
    servingRegions[0],
  ]);

const everywhereAt = async (deployment: RealDeployment, region: string) =>
  (await statesOf(deployment))
    .filter(([app]) => APPS.includes(app ?? ""))
    .every(([, , serving]) => serving === region);

test("down and up under writes leaves every app with its primary, and takes nothing", async () => {
  let deployment = await deployments.start();
  const { dataDir } = deployment;
  const token = await signUp(await deployment.urlOf(A), "requester");
  let urls = [await deployment.urlOf(A), await deployment.urlOf(B)];
  const load = startTicketLoad({ token, urls: () => urls, perSecond: 60, name: "planned" });
  const causes: unknown[] = [];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const before = load.acknowledged.length;
      await until("writes go on", () => load.acknowledged.length > before + 20);
      await deployment.running.stop();
      deployment = await deployments.start({ dataDir });
      urls = [await deployment.urlOf(A), await deployment.urlOf(B)];
      for (const [app, state, region] of await statesOf(deployment)) {
        expect([round, app, state, region]).toEqual([round, app, "active", A]);
      }
      for (const app of APPS) {
        const { body } = await ask(urls[0] ?? "", `/routing/journal?app=${app}`);
        causes.push(...body.items.map(({ cause }: { cause: string }) => cause));
      }
    }
  } finally {
    await load.stop();
  }
  expect(causes).not.toContain("takeover");
  expect(load.surprises).toEqual([]);
});

test("an app that serves elsewhere is handed back by a planned stop", async () => {
  const deployment = await deployments.start();
  for (const app of APPS) {
    expect((await deployment.command(A, app, "switchover", { to: B })).status).toBe(200);
    await until(`${app} is in sync`, () => deployment.isSettled(app));
  }
  expect(await everywhereAt(deployment, B)).toBe(true);
  const stopsAt = performance.now();
  await deployment.running.stop();
  expect(performance.now() - stopsAt).toBeLessThan(8000);
  const again = await deployments.start({ dataDir: deployment.dataDir });
  expect(await everywhereAt(again, A)).toBe(true);
});

test("a primary that is down when the stop begins does not get its apps back", async () => {
  const deployment = await deployments.start();
  await deployment.fault("kill", [A]);
  const views = () => Promise.all(APPS.map((app) => deployment.viewOf(B, app)));
  await until("it serves elsewhere", async () =>
    (await views()).every((view) => view?.holdsLease === true && view.servingRegions[0] === B),
  );
  await deployment.running.stop();
  const again = await deployments.start({ dataDir: deployment.dataDir });
  expect(await everywhereAt(again, B)).toBe(true);
});

test("one signal to every process at once, as a service manager sends it, moves no app", async () => {
  const deployment = await deployments.start();
  const pids = [await deployment.pidOf(A), await deployment.pidOf(B)];
  // The region that could take over gets it last, and has the most time to.
  for (const pid of pids) process.kill(pid, "SIGTERM");
  await deployment.running.stop();
  const again = await deployments.start({ dataDir: deployment.dataDir });
  expect(await everywhereAt(again, A)).toBe(true);
});
