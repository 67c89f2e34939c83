/** Health checks over real sockets: what each kind of trouble looks like to a voter. */
import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTcpServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { defineHealthCheck, judge } from "../../../layers/routing/health-check.ts";
import { defineNaming } from "../../../layers/routing/naming.ts";
import type { Link } from "../link/link.ts";
import { HealthChecker, meet } from "./health-checker.ts";
import { isChecked } from "./health-messages.ts";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function serve(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanups.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return `http://127.0.0.1:${address.port}`;
}

async function freePort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

const checkOf = (change: object = {}) =>
  defineHealthCheck({ voters: ["a"], limitMs: 400, intervalMs: 500, ...change });
const verdict = async (url: string, change: object = {}, faults?: object) => {
  const check = checkOf(change);
  return judge(check, await meet(check, url, faults));
};

test("status and body are judged, of the path that is configured", async () => {
  const url = await serve((request, response) => {
    response.statusCode = request.url === "/ready" ? 200 : 503;
    response.end(request.url === "/ready" ? "it is serving" : "no");
  });
  expect(await verdict(url, { path: "/ready" })).toMatchObject({ isGood: true });
  expect(await verdict(url, { path: "/other" })).toEqual({
    isGood: false,
    reason: "answered 503, not 200 to 399",
  });
  expect(await verdict(url, { path: "/ready", find: "serving" })).toMatchObject({ isGood: true });
  expect(await verdict(url, { path: "/ready", find: "fenced" })).toMatchObject({ isGood: false });
});

test("a body that never ends is read as far as it is searched", async () => {
  const url = await serve((_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write("x".repeat(8_192)));
    };
    response.on("drain", more);
    more();
  });
  expect(await verdict(url, { find: "never" })).toMatchObject({ isGood: false });
});

test("silence, a refusal and a connection that breaks are bad, each in its own words", async () => {
  const silent = await serve(() => undefined);
  expect((await verdict(silent)).reason).toBe("no answer within 400 ms");
  const dead = `http://127.0.0.1:${await freePort()}`;
  expect((await verdict(dead)).reason).toBe("the connection was refused");
  expect((await verdict(dead, { protocol: "tcp" })).reason).toBe("the connection was refused");
  expect((await verdict(silent, { protocol: "tcp" })).isGood).toBe(true);
  const broken = await serve((request) => request.socket.destroy());
  expect((await verdict(broken)).isGood).toBe(false);
});

test("a cut hides even a region that answers, and a slow way counts there and back", async () => {
  const url = await serve((_, response) => response.end("well"));
  expect(await verdict(url, {}, { in: { drop: true } })).toMatchObject({ isGood: false });
  const slow = await verdict(url, {}, { out: { delayMs: 60 } });
  expect(slow.isGood).toBe(true);
  expect(Number(/took (\d+) ms/.exec(slow.reason)?.[1])).toBeGreaterThanOrEqual(118);
  expect(await verdict(url, {}, { out: { delayMs: 300 } })).toMatchObject({ isGood: false });
});

test("a voter tells every region and front door what it has found, and only what is its own", async () => {
  const url = await serve((_, response) => response.end("well"));
  const sent: { to: string; message: unknown }[] = [];
  const link = { send: (to: string, message: unknown) => sent.push({ to, message }) };
  const checker = new HealthChecker("near", link as unknown as Link, {});
  cleanups.push(() => checker.stop());
  const naming = defineNaming(
    {
      healthChecks: {
        mine: { voters: ["near"], intervalMs: 100, limitMs: 100 },
        theirs: { voters: ["far"], intervalMs: 100, limitMs: 100 },
      },
    },
    ["near", "far"],
    ["tickets"],
  );
  const at = { host: "127.0.0.1", port: 1 };
  const peers = { "region/near": at, "voter/near": at, "voter/far": at, "front-door/1": at };
  checker.use({ peers, regions: [{ id: "near", url }], naming });
  await expect.poll(() => sent.length).toBeGreaterThanOrEqual(4);
  expect(new Set(sent.map(({ to }) => to))).toEqual(new Set(["region/near", "front-door/1"]));
  for (const { message } of sent) {
    if (!isChecked(message)) return expect.fail("it is a message of checks");
    expect(message.results).toMatchObject([{ check: "mine", region: "near", isGood: true }]);
  }
});
