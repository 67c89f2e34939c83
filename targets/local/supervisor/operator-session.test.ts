import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { OperatorSessions } from "./operator-session.ts";

const servers: Server[] = [];
const close = async (server: Server): Promise<void> => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
};
afterEach(async () => {
  for (const server of servers.splice(0)) await close(server);
});

/** A region that says this of everybody. */
async function regionSaying(status: number, roles: readonly string[]) {
  const server = createServer((_, response) => {
    response.writeHead(status).end(JSON.stringify({ username: "ann", roles }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  servers.push(server);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, kill: () => close(server) };
}

const headers = { cookie: "access=abc", "sec-fetch-site": "same-origin" };

test("an operator's session counts while no region answers, for as long as a token is good", async () => {
  let now = 0;
  const sessions = new OperatorSessions(() => now);
  const region = await regionSaying(200, ["user", "operator"]);
  expect(await sessions.operatorOf(headers, [region.url])).toBe("ann");
  await region.kill();
  expect(await sessions.operatorOf(headers, [region.url])).toBe("ann");
  expect(
    await sessions.operatorOf({ ...headers, cookie: "access=x" }, [region.url]),
  ).toBeUndefined();
  const foreign = { ...headers, "sec-fetch-site": "cross-site" };
  expect(await sessions.operatorOf(foreign, [region.url])).toBeUndefined();
  now = 10 * 60_000;
  expect(await sessions.operatorOf(headers, [region.url])).toBeUndefined();
});

test("a region that answers has the last word about a session", async () => {
  const sessions = new OperatorSessions();
  const before = await regionSaying(200, ["operator"]);
  expect(await sessions.operatorOf(headers, [before.url])).toBe("ann");
  const after = await regionSaying(401, []);
  expect(await sessions.operatorOf(headers, [after.url])).toBeUndefined();
  await after.kill();
  expect(await sessions.operatorOf(headers, [after.url])).toBeUndefined();
});

test("a region that is in trouble has not said no", async () => {
  const sessions = new OperatorSessions();
  const well = await regionSaying(200, ["operator"]);
  expect(await sessions.operatorOf(headers, [well.url])).toBe("ann");
  const ill = await regionSaying(503, []);
  expect(await sessions.operatorOf(headers, [ill.url])).toBe("ann");
});
