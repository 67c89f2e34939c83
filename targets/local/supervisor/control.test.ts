/** What an operator does to a running deployment, with real processes and a stub inside them. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { buildStage, control, eventually, fault, toldTo } from "./real-deployment.mjs";

const A = "eu-west-1";
const B = "ap-southeast-1";
const stage = await buildStage();
const { up } = stage;
let dataDir = "";

beforeEach(() => {
  stage.begin();
  dataDir = stage.dataDir();
});
afterEach(() => stage.end());
afterAll(() => stage.strike());

describe("a partition", () => {
  const cut = { in: { drop: true }, out: { drop: true } };

  test("of one region is told to every site, and healed for every site", async () => {
    const deployment = await up();
    await fault(deployment, "partition", [A]);
    await eventually(async () => {
      expect((await toldTo(deployment, A)).faults).toEqual({
        [B]: cut,
        witness: cut,
        "front-door": cut,
      });
      expect((await toldTo(deployment, B)).faults).toEqual({ [A]: cut });
    });
    expect((await deployment.status()).faults).toHaveLength(1);
    await fault(deployment, "heal");
    await eventually(async () => expect((await toldTo(deployment, A)).faults).toEqual({}));
  });

  test("hides a death from the other side until it is healed", async () => {
    const deployment = await up({ regions: [{ id: A }, { id: B }, { id: "us-east-1" }] });
    await fault(deployment, "partition", [A, B]);
    await fault(deployment, "kill", [A]);
    await eventually(async () =>
      expect((await toldTo(deployment, "us-east-1")).died).toHaveLength(1),
    );
    expect((await toldTo(deployment, B)).died).toEqual([]);
    await fault(deployment, "heal");
    await eventually(async () => expect((await toldTo(deployment, B)).died).toHaveLength(1));
  });

  test("is in force for a region that restarts during it", async () => {
    const deployment = await up();
    await fault(deployment, "partition", [B], { direction: "in" });
    await fault(deployment, "restart", [B]);
    expect((await toldTo(deployment, B)).faults[A]).toEqual({ in: { drop: true } });
  });
});

describe("control", () => {
  test("refuses whoever does not show the operator's token", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    expect((await control(deployment, "GET", "status", { token: "guess" })).status).toBe(401);
    expect((await control(deployment, "GET", "status")).status).toBe(200);
  });

  test("names what is wrong with a fault, and the fix", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    const answers = [
      await fault(deployment, "explode", [A]),
      await fault(deployment, "kill", ["mars"]),
      await fault(deployment, "slow", [A], { loss: 2 }),
    ];
    expect(answers.map((answer) => answer.status)).toEqual([400, 400, 400]);
    expect(answers.map((answer) => answer.body["fix"])).toEqual([
      expect.stringContaining("partition"),
      expect.stringContaining(A),
      expect.stringContaining("from 0 to 1"),
    ]);
    await fault(deployment, "kill", [A]);
    expect((await fault(deployment, "freeze", [A])).body["detail"]).toContain("fault restart");
  });

  test("overloads a region for a time, ends that by healing, and refuses one that is down", async () => {
    const deployment = await up();
    await fault(deployment, "overload", [A], { share: 0.9, durationMs: 60_000 });
    const toldOf = async (id: string) => (await toldTo(deployment, id)).overload;
    await eventually(async () =>
      expect(await toldOf(A)).toEqual({ share: 0.9, durationMs: 60_000 }),
    );
    expect(await toldOf(B)).toBeUndefined();
    await fault(deployment, "heal", [A]);
    await eventually(async () => expect(await toldOf(A)).toEqual({ share: 0, durationMs: 0 }));
    await fault(deployment, "kill", [A]);
    expect((await fault(deployment, "overload", [A])).body["detail"]).toContain("fault restart");
  });

  test("stops the deployment", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    expect((await control(deployment, "POST", "stop")).status).toBe(202);
    await deployment.stopped;
    expect(existsSync(join(dataDir, "supervisor.lock"))).toBe(false);
  });

  test("adds a region, with a witness where the voters would be even, and removes one", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    expect((await control(deployment, "POST", "regions", { body: { id: B } })).status).toBe(200);
    const two = await deployment.status();
    expect([two.regions.map((r) => [r.id, r.up]), two.witness?.up]).toEqual([
      [
        [A, true],
        [B, true],
      ],
      true,
    ]);
    expect((await toldTo(deployment, A)).members).toEqual([
      { change: "add", region: B, waitMs: 45_000 },
    ]);
    expect((await toldTo(deployment, B)).config.joining).toBe(true);
    expect((await control(deployment, "DELETE", `regions/${B}`)).status).toBe(200);
    const one = await deployment.status();
    expect([one.regions.map((r) => r.id), one.witness]).toEqual([[A], null]);
    const back = await control(deployment, "POST", "regions", { body: { id: B } });
    expect([back.status, back.body["fix"]]).toEqual([400, expect.stringContaining("a new id")]);
    const last = await control(deployment, "DELETE", `regions/${A}`);
    expect([last.status, last.body["fix"]]).toEqual([
      400,
      expect.stringContaining("understudy down"),
    ]);
  });

  test("goes on with what a supervisor before it had begun", async () => {
    const first = await up({ regions: [{ id: A }, { id: B }] });
    await first.stop();
    const path = join(dataDir, "deployment.json");
    const file = JSON.parse(readFileSync(path, "utf8"));
    const body = { ...file.body, joining: [{ id: "c" }], leaving: [B] };
    writeFileSync(path, JSON.stringify({ ...file, body }));
    const second = await up();
    await eventually(async () => {
      const status = await second.status();
      expect(status.regions.map((r) => [r.id, r.membership])).toEqual([
        [A, "member"],
        ["c", "member"],
      ]);
      expect(status.witness?.up).toBe(true);
    });
    const after = JSON.parse(readFileSync(path, "utf8")).body;
    expect(after).toMatchObject({ joining: [], leaving: [], removed: [B], witness: true });
  });

  test("takes back a region that the voters refuse", async () => {
    const deployment = await up({ regions: [{ id: A }] });
    writeFileSync(join(dataDir, "regions", A, "refuse-members"), "");
    const refused = await control(deployment, "POST", "regions", { body: { id: B } });
    expect([refused.status, refused.body["detail"]]).toEqual([409, "it was told to refuse"]);
    expect((await deployment.status()).regions.map((r) => r.id)).toEqual([A]);
  });
});
