import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { createWorld } from "../../layers/api/testing/world.ts";
import { createMemoryKeyValueStore } from "../../layers/key-value/memory-store.ts";
import { ticketsApp } from "./server.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const LIST = "/tickets/api/tickets";

test("a ticket's whole life, each step retried, is the same on a store that keeps the contract", async () => {
  const world = createWorld({
    apps: [ticketsApp],
    digest,
    storeFor: ({ id: app, tables }) =>
      createMemoryKeyValueStore({ app, tables, region: "eu-west-1", now: () => 1_772_323_200_000 }),
  });
  const token = (await world.signUp("rider")).accessToken;
  const twice = async (method: string, path: string, body: object, key: string) => {
    const options = { token, body, headers: { "idempotency-key": key } };
    const first = await world.send(method, path, options);
    const second = await world.send(method, path, options);
    expect(second.body, key).toEqual(first.body);
    expect(second.status, key).toBe(first.status);
    expect(second.headers.get("idempotency-replayed"), key).toBe("true");
    for (const name of ["etag", "location", "understudy-receipt"]) {
      expect(second.headers.get(name), `${key} ${name}`).toBe(first.headers.get(name));
    }
    return first;
  };
  const description = "The unicorn did not arrive at the corner.";
  const made = await twice("POST", LIST, { description }, "submit");
  expect(made.status).toBe(201);
  const address = `${LIST}/${made.body.id}`;
  expect((await world.send("GET", address, { token })).body).toEqual(made.body);
  await twice("POST", `${address}/comments`, { text: "It still has not." }, "comment");
  await twice("PATCH", address, { status: "in-progress", assigned: "agent" }, "assign");
  const closed = await twice("PATCH", address, { status: "closed" }, "close");
  expect(closed.body).toMatchObject({ status: "closed", assigned: "agent" });
  const other = { token, body: { status: "open" }, headers: { "idempotency-key": "close" } };
  expect((await world.send("PATCH", address, other)).status).toBe(422);
  const listed = async (query: string) =>
    (await world.send("GET", LIST + query, { token })).body.items;
  expect(await listed("?assigned=agent&status=closed")).toEqual([closed.body]);
  expect(await listed("?status=in-progress")).toEqual([]);
  const { items } = (await world.send("GET", `${address}/comments`, { token })).body;
  expect(items).toHaveLength(1);
  expect((await world.send("GET", `${LIST}?cursor=nonsense`, { token })).status).toBe(400);
});
