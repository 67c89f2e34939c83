/** Routes for roles are tested like all others. */
import { expect, test } from "vitest";
import { createAppApi, defineApp, defineDeployment, type Role } from "../layers/api/index.ts";
import { simulate } from "./index.ts";

const [PRIMARY, OTHER] = ["eu-west-1", "us-east-1"] as const;
const desk = defineApp({
  id: "desk",
  mode: "active-passive",
  durability: "replicated",
  objectives: { rtoMs: 1000, rpoMs: 0 },
  tables: [],
  api: (context) =>
    createAppApi(context).get("/api/queue", {
      summary: "For agents",
      auth: ["agent"],
      replies: {},
      handle: (call) => ({ kind: "answer", status: 200, body: { roles: call.session.roles } }),
    }),
});
const deployment = defineDeployment({ regions: [PRIMARY, OTHER], apps: [desk] });

test.each(["agent", "editor", "operator"] as Role[])(
  "somebody with the role %s is let in where the role is asked for",
  async (role) => {
    const world = await simulate({ deployment, seed: 1 });
    const client = world.client({ near: OTHER });
    await client.signIn("somebody", { roles: [role] });
    const queue = await client.send("GET", "/desk/api/queue");
    expect(queue.status).toBe(role === "agent" ? 200 : 403);
    if (role === "agent") expect(queue.body.roles).toEqual(["user", "agent"]);
    expect((await client.send("GET", "/identity/outbox")).status).toBe(
      role === "operator" ? 200 : 403,
    );
  },
);

test("roles stay when a token is renewed, when somebody signs in again, and after a failover", async () => {
  const world = await simulate({ deployment, seed: 2 });
  const client = world.client();
  await client.signIn("somebody", { roles: ["agent"] });
  await world.advance("11m");
  expect((await client.send("GET", "/desk/api/queue")).status).toBe(200);
  world.kill(PRIMARY);
  await client.signIn("somebody");
  expect((await client.send("GET", "/desk/api/queue")).status).toBe(200);
  await client.signIn("somebody", { roles: [] });
  expect((await client.send("GET", "/desk/api/queue")).status).toBe(403);
  expect((await world.check()).ok).toBe(true);
});

test("the operator token goes into a request's Authorization", async () => {
  const world = await simulate({ deployment, seed: 3 });
  const answer = await world.region(PRIMARY).fetch("/identity/operator-link", {
    method: "POST",
    headers: { authorization: `Bearer ${world.operatorToken}` },
  });
  expect(answer.status).toBe(201);
});
