import { createServer, request as httpRequest } from "node:http";
import { fetch } from "undici";
import { describe, expect, it } from "vitest";
import { recordFor } from "./fake-region.ts";
import { startFrontDoor } from "./front-door.ts";
import { post, setUp, stops, takeOver, until } from "./test-world.ts";

describe("a front door", () => {
  it("routes an app to its serving region and everything else to the nearest one", async () => {
    const { call, a, b } = await setUp({}, ["b"]);
    expect(await (await call("/tickets/x", post("k"))).json()).toMatchObject({ from: "b" });
    const page = await call("/console/");
    expect(page.headers.get("understudy-region")).toBe("a");
    expect(b.got).toHaveLength(1);
    expect(a.got).toHaveLength(1);
  });

  it("passes headers on, keeps those of one connection, and does not believe a client's address", async () => {
    const { door, a } = await setUp();
    await new Promise<void>((resolve, reject) => {
      const headers = {
        connection: "keep-alive, x-private",
        "x-private": "1",
        "x-forwarded-for": "6.6.6.6",
        "x-kept": "yes",
        host: "shop.example",
      };
      const { port } = door;
      httpRequest({ port, path: "/tickets/x", headers }, (response) => {
        response.resume().on("end", resolve);
      })
        .on("error", reject)
        .end();
    });
    const [got] = a.got;
    expect(got?.headers).toMatchObject({
      host: "shop.example",
      "x-kept": "yes",
      "x-forwarded-for": "127.0.0.1",
      "x-forwarded-host": "shop.example",
      "x-forwarded-proto": "http",
    });
    expect(got?.headers["x-private"]).toBeUndefined();
  });

  it("asks one region for an operator's command, however long it takes", async () => {
    const { call, a, b } = await setUp({ limits: { writeSilenceMs: 20 } });
    a.answer = (_got, response) =>
      void setTimeout(() => response.end(JSON.stringify({ phase: "fenced" })), 200);
    const answer = await call("/routing/apps/tickets/fence", post("one-key"));
    expect(await answer.json()).toEqual({ phase: "fenced" });
    expect([a.got.length, b.got.length]).toEqual([1, 0]);
  });

  it("reads a fenced app where it served last, and elsewhere when that region refuses", async () => {
    const { call, a, b, door } = await setUp({}, ["b"]);
    a.push(recordFor("tickets", ["b"], 1, 2, "fenced"));
    await until(() => door.table().apps.get("tickets")?.fenced === true);
    expect(await (await call("/tickets/x")).json()).toMatchObject({ from: "b" });
    b.answer = (_got, response) => {
      response.writeHead(503, { "content-type": "application/problem+json" });
      response.end(JSON.stringify({ type: "/problems/not-serving", epoch: 1 }));
    };
    expect(await (await call("/tickets/x")).json()).toMatchObject({ from: "a" });
  });

  it("fails no read when a region is killed under load", async () => {
    const { call, a } = await setUp();
    const statuses: number[] = [];
    let isDone = false;
    const reader = async (): Promise<void> => {
      while (!isDone) {
        const response = await call("/tickets/x");
        await response.arrayBuffer();
        statuses.push(response.status);
      }
    };
    const readers = Array.from({ length: 32 }, reader);
    await until(() => statuses.length > 100);
    a.kill();
    const before = statuses.length;
    await until(() => statuses.length > before + 300);
    isDone = true;
    await Promise.all(readers);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it("holds keyed writes while no region serves, and sends them when the record names one", async () => {
    const { call, a, b, door, logged } = await setUp();
    a.kill();
    const writes = Array.from({ length: 50 }, (_, n) => call("/tickets/x", post(`k${n}`, `b${n}`)));
    await until(() => door.table().conditions.get("a") === "down");
    expect(b.got).toHaveLength(0);
    const from = performance.now();
    takeOver(b);
    const bodies = await Promise.all(
      writes.map(async (write) => (await (await write).json()) as { from: string; body: string }),
    );
    // Long before the hold ends.
    expect(performance.now() - from).toBeLessThan(5_000);
    expect(bodies.map(({ body }) => body)).toEqual(writes.map((_, n) => `b${n}`));
    expect(new Set(bodies.map((body) => body.from))).toEqual(new Set(["b"]));
    expect(b.got).toHaveLength(50);
    const held = logged.filter((entry) => entry["region"] === "b" || entry["region"] === "a,b");
    expect(held.length).toBe(50);
  });

  it("waits for the gate of the region that a record names before it sends again", async () => {
    const { call, a, b, door } = await setUp();
    a.serves.clear();
    b.push(recordFor("tickets", ["b"], 2));
    b.epoch = 2;
    const write = call("/tickets/x", post("k"));
    await until(() => door.table().apps.get("tickets")?.closedAt.includes("b") === true);
    expect(b.got).toHaveLength(1);
    b.serves.add("tickets");
    expect((await write).status).toBe(201);
    expect(b.got.length).toBeLessThanOrEqual(3);
  });

  it("moves a keyed write out of a frozen region as soon as another one serves", async () => {
    const { call, a, b } = await setUp({ limits: { writeSilenceMs: 60_000 } });
    a.freeze();
    const write = call("/tickets/x", post("k"));
    takeOver(b);
    expect(await (await write).json()).toMatchObject({ from: "b" });
  });

  it("leaves writes with a region that is slow to say how it is while it answers others", async () => {
    const limits = { writeSilenceMs: 20, readSilenceMs: 20 };
    const { call, a, b, door } = await setUp({ limits });
    a.healthDelayMs = 1_000;
    let isDone = false;
    const conditions: string[] = [];
    const open: (() => void)[] = [];
    a.answer = (got, response) => {
      if (got.method === "GET") return void response.end("a read");
      open.push(() => response.writeHead(201).end("written"));
    };
    const watch = setInterval(() => conditions.push(door.table().conditions.get("a") ?? "up"), 1);
    stops.push(() => clearInterval(watch));
    const reading = (async () => {
      while (!isDone) await (await call("/tickets/x")).text();
    })();
    const writes = Array.from({ length: 20 }, (_, n) => call("/tickets/x", post(`k${n}`)));
    await until(() => open.length === 20);
    // Several questions are asked and none is answered in time.
    const from = performance.now();
    await until(() => performance.now() - from > 700);
    for (const finish of open) finish();
    for (const write of writes) expect((await write).status).toBe(201);
    isDone = true;
    await reading;
    // A machine that stands still for as long as a question may take is silent to itself.
    const silences = conditions.filter((condition) => condition !== "up");
    expect(silences.length).toBeLessThan(conditions.length / 2);
    const written = [...a.got, ...b.got].filter(({ method }) => method === "POST");
    expect(written).toHaveLength(20);
  });

  it("leaves a write in a silent region until the record moves", async () => {
    const { call, a, b, door } = await setUp({ limits: { writeSilenceMs: 20 } });
    let finish: (() => void) | undefined;
    a.answer = (_got, response) => (finish = () => response.writeHead(201).end("by a"));
    const write = call("/tickets/x", post("k"));
    await until(() => finish !== undefined);
    a.freeze();
    await until(() => door.table().conditions.get("a") === "silent");
    finish?.();
    expect(await (await write).text()).toBe("by a");
    a.thaw();
    await until(() => door.table().conditions.get("a") === "up");
    expect(a.got).toHaveLength(1);
    expect(b.got).toHaveLength(0);
  });

  it("gives a read company when its region is frozen, and then avoids that region", async () => {
    const { call, a, door } = await setUp();
    a.freeze();
    // More than the retry budget holds, and no more than go to one region at once.
    const reads = Array.from({ length: 100 }, () => call("/tickets/x"));
    for (const read of reads) expect(await (await read).json()).toMatchObject({ from: "b" });
    await until(() => door.table().conditions.get("a") === "silent");
    a.thaw();
    await until(() => door.table().conditions.get("a") === "up");
    expect(await (await call("/tickets/x")).json()).toMatchObject({ from: "a" });
  });

  it("never sends a write without a key twice, and says that its outcome is unknown", async () => {
    const { call, a, b } = await setUp();
    b.serves.add("tickets");
    a.answer = () => a.kill();
    const response = await call("/tickets/x", post());
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ code: "outcome-unknown" });
    expect(a.got).toHaveLength(1);
    expect(b.got).toHaveLength(0);
  });

  it("holds a write without a key as long as nothing of it was sent", async () => {
    const { call, a, b, door, logged } = await setUp();
    a.kill();
    await until(() => door.table().conditions.get("a") === "down");
    const write = call("/tickets/x", post(undefined, "x".repeat(100_000)));
    await until(() => logged.length > 0);
    takeOver(b);
    const response = await write;
    expect(response.status).toBe(201);
    expect(b.got[0]?.body).toHaveLength(100_000);
  });

  it("refuses after the hold, with reasons, what no region could serve", async () => {
    const { call, a, b } = await setUp({ limits: { holdMs: 100 } });
    a.kill();
    b.kill();
    for (const init of [{}, post("k")]) {
      const response = await call("/tickets/x", init);
      expect(response.status).toBe(503);
      expect(response.headers.get("retry-after")).toBe("1");
      expect(response.headers.get("content-type")).toBe("application/problem+json");
      expect(await response.json()).toMatchObject({ regions: { a: "down", b: "down" } });
    }
  });

  it("never answers a keyed write that may have happened with a refusal", async () => {
    const { call, a, b } = await setUp({ limits: { holdMs: 150 } });
    a.answer = () => a.kill();
    const response = await call("/tickets/x", post("k"));
    expect(response.status).toBe(504);
    expect(await response.json()).toMatchObject({ type: "/problems/outcome-unknown" });
    expect(b.got).toHaveLength(0);
  });

  it("passes an operator's fence on at once", async () => {
    const { call, a, b, door } = await setUp();
    a.serves.clear();
    a.answer = (_got, response) => {
      response.writeHead(503, { "content-type": "application/problem+json" });
      response.end(JSON.stringify({ type: "/problems/fenced", epoch: 1 }));
    };
    b.push(recordFor("tickets", ["a"], 1, 2, "fenced"));
    await until(() => door.table().apps.get("tickets")?.fenced === true);
    const response = await call("/tickets/x", post("k"));
    expect(await response.json()).toMatchObject({ type: "/problems/fenced" });
  });

  it("uses the last record when every region has forgotten to tell one", async () => {
    const { call, a, b, door } = await setUp();
    a.kill();
    b.kill();
    await until(() => door.table().conditions.get("b") === "down");
    const read = call("/tickets/x");
    await a.restart();
    expect(await (await read).json()).toMatchObject({ from: "a" });
  });

  it("uses both regions of an active-active app, and the other one when one is killed", async () => {
    const { call, a, b } = await setUp({}, ["a", "b"]);
    expect(await (await call("/tickets/x", post("k1"))).json()).toMatchObject({ from: "a" });
    a.kill();
    expect(await (await call("/tickets/x", post("k2"))).json()).toMatchObject({ from: "b" });
    expect(b.got).toHaveLength(1);
  });

  it("stands beside another one: both hear the record, and one that closes takes nothing along", async () => {
    const { call, a, b, door } = await setUp();
    const second = await startFrontDoor({ port: 0, regions: [a, b] });
    stops.push(() => second.close());
    await until(() => second.table().apps.get("tickets")?.version === 1);
    takeOver(b);
    await until(() => second.table().apps.get("tickets")?.epoch === 2);
    expect(await (await call("/tickets/x", post("k1"))).json()).toMatchObject({ from: "b" });
    await door.close();
    const other = await fetch(`${second.url}/tickets/x`, post("k2"));
    expect(await other.json()).toMatchObject({ from: "b" });
  });

  it("a cut network is silent, and what was sent over it is not acknowledged after healing", async () => {
    const { call, a, b, door } = await setUp();
    door.setFaults({ a: { in: { drop: true }, out: { drop: true } } });
    const read = call("/tickets/x");
    const write = call("/tickets/x", post("k"));
    expect(await (await read).json()).toMatchObject({ from: "b" });
    takeOver(b);
    expect(await (await write).json()).toMatchObject({ from: "b" });
    expect(a.got).toHaveLength(0);
    door.setFaults({});
    await until(() => a.followers() === 1);
    a.push(recordFor("tickets", ["b", "a"], 3));
    await until(() => door.table().apps.get("tickets")?.version === 3);
  });

  it("hands /control/ to the supervisor and says so when there is none", async () => {
    const control = createServer((request, response) => response.end(`control ${request.url}`));
    await new Promise<void>((resolve) => control.listen(0, "127.0.0.1", resolve));
    stops.push(() => control.close());
    const { port } = control.address() as { port: number };
    const withOne = await setUp({ controlUrl: `http://127.0.0.1:${port}` });
    expect(await (await withOne.call("/control/status")).text()).toBe("control /control/status");
    const without = await setUp();
    expect((await without.call("/control/status")).status).toBe(503);
  });

  it("says what to do when its port is in use", async () => {
    const { door } = await setUp();
    await expect(startFrontDoor({ port: door.port, regions: [] })).rejects.toThrow("in use");
  });
});
