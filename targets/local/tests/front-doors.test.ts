/** Front doors before real regions: two of them, and one that the voters have left. */
import { afterEach, expect, test } from "vitest";
import { type FrontDoor, startFrontDoor } from "../front-door/front-door.ts";
import { A, B, type RealDeployment, useReal } from "./real-regions.ts";
import { ask, signUp, submitTicket, until } from "./region-client.ts";

const TICKETS = "/tickets/api/tickets";
const real = useReal();
let deployment: RealDeployment;
const doors: FrontDoor[] = [];

afterEach(async () => {
  await Promise.all(doors.splice(0).map((door) => door.close()));
});

async function begin(): Promise<string> {
  deployment = await real.start();
  const { frontDoor } = await deployment.running.status();
  return frontDoor ?? "";
}

test("two front doors side by side follow a failover, and one goes on when the other dies", async () => {
  const first = await begin();
  const regions = [];
  for (const id of [A, B]) regions.push({ id, url: await deployment.urlOf(id) });
  const second = await startFrontDoor({ port: 0, regions });
  doors.push(second);
  const token = await signUp(first, "requester");
  const write = (door: string, name: string) => {
    const headers = { "idempotency-key": `${name}-0123456789abcdef` };
    const body = { description: `Written by way of ${name}` };
    return ask(door, TICKETS, { method: "POST", token, headers, body });
  };
  await deployment.fault("kill", [A]);
  const during = await Promise.all([
    write(first, "first"),
    write(second.url, "second"),
    // The same write at both doors, as a client sends it that lost its answer.
    write(first, "both"),
    write(second.url, "both"),
  ]);
  expect(during.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
  expect(during[3]?.body.id).toBe(during[2]?.body.id);
  process.kill((await deployment.running.status()).frontDoorPid ?? 0, "SIGKILL");
  for (const { body } of during) {
    const read = await ask(second.url, `${TICKETS}/${body.id}`, { token });
    expect([read.status, read.headers.get("understudy-region")]).toEqual([200, B]);
  }
  expect((await write(second.url, "after")).status).toBe(201);
});

test("serves reads when all voters are away, and says of a write why it cannot be", async () => {
  const door = await begin();
  const token = await signUp(door, "requester");
  const made = await submitTicket(door, token, "Written while there were voters");
  const path = `${TICKETS}/${made.body.id}`;
  // No voter hears another one: nobody has a majority.
  await deployment.fault("kill", ["witness"]);
  await deployment.fault("partition", [A, B]);
  await until("no region has the lease", async () => {
    const views = await Promise.all([A, B].map((id) => deployment.viewOf(id, "tickets")));
    return views.every((view) => view !== undefined && view.holdsLease !== true);
  });
  for (const expected of [1, 2, 3]) {
    const read = await ask(door, path, { token });
    expect([expected, read.status, read.body.description]).toEqual([
      expected,
      200,
      "Written while there were voters",
    ]);
  }
  const refused = await submitTicket(door, token, "Nobody may take this");
  expect(refused.status).toBe(503);
  expect(refused.headers.get("content-type")).toContain("application/problem+json");
  expect(refused.headers.get("retry-after")).not.toBeNull();
  expect(refused.body).toMatchObject({ title: expect.any(String), detail: expect.any(String) });

  await deployment.fault("heal", []);
  await deployment.fault("restart", ["witness"]);
  await until("it takes writes again", async () => {
    return (await submitTicket(door, token, "With voters again")).status === 201;
  });
});
