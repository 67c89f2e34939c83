/** Where a region's name leads to: on real sockets. */
import { createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { isUsableAddress } from "../dns/loopback.ts";
import { type HttpServer, listen } from "./http-server.ts";
import type { RegionLog } from "./log.ts";
import { NamedListener } from "./named-listener.ts";

const OWN = "127.9.8.7";
const hasLoopbackNetwork = await isUsableAddress(OWN);
if (!hasLoopbackNetwork) console.log("127.0.0.0/8 is not all loopback here: no names of regions");

const log = { info: () => undefined, error: () => undefined } as unknown as RegionLog;
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function start(): Promise<{ server: HttpServer; listener: NamedListener }> {
  const server = await listen(
    { name: "a", host: "127.0.0.1", port: 0 },
    async () => new Response("well"),
  );
  const listener = new NamedListener("near", log);
  cleanups.push(() => {
    listener.close();
    return server.close();
  });
  return { server, listener };
}

const answerAt = (url: string): Promise<string> =>
  fetch(url, { headers: { connection: "close" } }).then(
    (answer) => answer.text(),
    () => "refused",
  );

test.skipIf(!hasLoopbackNetwork)(
  "a region answers at its own address and at the one it had",
  async () => {
    const { server, listener } = await start();
    expect(listener.named).toBeUndefined();
    const names = { port: server.port, addresses: { near: OWN } };
    listener.use(server, names);
    listener.use(server, names);
    const url = `http://${OWN}:${server.port}`;
    await expect.poll(() => answerAt(url)).toBe("well");
    expect(await answerAt(`http://127.0.0.1:${server.port}`)).toBe("well");
    expect(listener.named).toEqual({ url });
  },
);

test.skipIf(!hasLoopbackNetwork)(
  "an address that is taken is told, and taken up when it is free",
  async () => {
    const { server, listener } = await start();
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(server.port, OWN, resolve));
    listener.use(server, { port: server.port, addresses: { near: OWN } });
    await expect.poll(() => listener.named?.trouble).toBe("another program has it");
    await new Promise((resolve) => other.close(resolve));
    const url = `http://${OWN}:${server.port}`;
    await expect.poll(() => listener.named).toEqual({ url });
    expect(await answerAt(url)).toBe("well");
  },
);

test("without a network of loopback addresses nothing is asked for", async () => {
  const { server, listener } = await start();
  listener.use(server, undefined);
  expect(listener.named).toBeUndefined();
});
