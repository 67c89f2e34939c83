/** Codes reach people through what the deployment names, also while a region is lost. */
import { expect, test } from "vitest";
import { createAppApi, defineApp, defineDeployment, type Message } from "../layers/api/index.ts";
import { type SimulatedWorld, simulate } from "./index.ts";

const [PRIMARY, OTHER] = ["eu-west-1", "us-east-1"] as const;
const PASSWORD = "correct horse battery";
const app = defineApp({
  id: "demo",
  mode: "active-passive",
  durability: "replicated",
  objectives: { rtoMs: 1000, rpoMs: 0 },
  tables: [],
  api: (context) => createAppApi(context),
});

async function worldWith(messages: (message: Message) => Promise<void>) {
  const deployment = defineDeployment({ regions: [PRIMARY, OTHER], apps: [app], messages });
  const world = await simulate({ deployment, seed: 5 });
  const client = world.client();
  const account = (username: string, email?: string) =>
    client.send("POST", "/identity/sign-up", { username, password: PASSWORD, email });
  const ask = (username: string) => client.send("POST", "/identity/password/reset", { username });
  expect((await account("rider", "rider@mail.example")).status).toBe(201);
  expect((await account("plain")).status).toBe(201);
  return { world, client, ask };
}

const logText = (world: SimulatedWorld) => JSON.stringify(world.logged());

test("a code reaches the account's address once, and sets another password", async () => {
  const sent: Message[] = [];
  const { world, client, ask } = await worldWith(async (message) => void sent.push(message));
  for (const username of ["rider", "plain", "nobody"]) {
    expect((await ask(username)).status).toBe(202);
  }
  await world.advance("30s");
  expect(sent.map(({ username, to, kind }) => [username, to, kind])).toEqual([
    ["rider", "rider@mail.example", "password-reset"],
  ]);
  const form = { username: "rider", code: sent[0]?.code, newPassword: "another pass phrase" };
  expect((await client.send("POST", "/identity/password/reset/confirm", form)).status).toBe(200);
  expect(logText(world)).toContain("a message was sent");
  expect(logText(world)).not.toContain(sent[0]?.code);
  expect(logText(world)).not.toContain("mail.example");
});

test("a message that could not be sent is tried again, and what failed is not logged", async () => {
  const tries: number[] = [];
  let now = () => 0;
  const { world, ask } = await worldWith(async ({ code, to }) => {
    tries.push(now());
    if (tries.length < 4) throw new Error(`${to} does not take ${code}`);
  });
  now = () => world.now;
  await ask("rider");
  await world.advance("60s");
  expect(tries).toHaveLength(4);
  const pauses = tries.slice(1).map((at, index) => Math.round((at - (tries[index] ?? 0)) / 1000));
  expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
  expect(pauses.at(-1)).toBeGreaterThanOrEqual(4);
  expect(logText(world)).toContain("could not be sent");
  expect(logText(world)).not.toContain("does not take");
});

test("a sender that hangs holds up its own message only, and no code is sent when it is void", async () => {
  const sent: string[] = [];
  let isDown = true;
  const { world, client, ask } = await worldWith(({ username }) => {
    if (username === "rider" && isDown) return new Promise(() => undefined);
    sent.push(username);
    return Promise.resolve();
  });
  const form = { username: "other", password: PASSWORD, email: "other@mail.example" };
  await client.send("POST", "/identity/sign-up", form);
  await ask("rider");
  await ask("other");
  await world.advance("5s");
  expect(sent).toEqual(["other"]);
  await world.advance("16m");
  isDown = false;
  await world.advance("1m");
  expect(sent).toEqual(["other"]);
});

test("what a lost region had not sent is sent by the one that takes over", async () => {
  const sent: { readonly code: string; readonly region: string }[] = [];
  let isDown = true;
  let serving = (): string => PRIMARY;
  const { world, ask } = await worldWith(async ({ code }) => {
    if (isDown) throw new Error("no mail server");
    sent.push({ code, region: serving() });
  });
  serving = () => world.regions.find((region) => world.region(region).serves("identity")) ?? "";
  await ask("rider");
  await world.advance("2s");
  world.kill(PRIMARY);
  isDown = false;
  await world.until(() => sent.length > 0, "30s");
  await world.advance("1m");
  expect(sent.map(({ region }) => region)).toEqual([OTHER]);
  expect((await world.check()).ok).toBe(true);
});
