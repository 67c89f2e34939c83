import { createHash } from "node:crypto";
import { Hono } from "hono";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { createAppApi } from "./app-api.ts";
import { defineApp } from "./define-app.ts";
import type { HealthReport } from "./health-routes.ts";
import { createWorld, OPERATOR_TOKEN, type World } from "./testing/world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const base = {
  mode: "active-passive",
  durability: "local",
  objectives: { rtoMs: 1, rpoMs: 1 },
  tables: [],
} as const;

const echoApp = defineApp({
  ...base,
  id: "echo",
  api: (context) =>
    createAppApi(context)
      .post("/api/things", {
        summary: "Say it again",
        auth: "none",
        body: z.strictObject({ text: z.string() }),
        replies: { 200: { description: "The same", schema: z.object({ text: z.string() }) } },
        handle: (call) => ({ kind: "answer", status: 200, body: call.body }),
      })
      .get("/api/things", {
        summary: "All",
        auth: "none",
        replies: {},
        handle: () => ({ kind: "answer", status: 200, body: { items: [] } }),
      })
      .get("/api/fault", {
        summary: "A fault",
        auth: "none",
        replies: {},
        handle: () => {
          throw new Error("the secret detail");
        },
      }),
});

/** An app may bring a plain Hono instead. */
const plainApp = defineApp({
  ...base,
  id: "plain",
  api: () => new Hono().get("/plain/api/hello", (c) => c.text("hello")),
});

let world: World;
let health: HealthReport | undefined;

beforeEach(() => {
  health = undefined;
  world = createWorld({
    apps: [echoApp, plainApp],
    digest,
    more: {
      healthOf: (app) => (app === "echo" ? health : undefined),
      metrics: async () => ({ contentType: "text/plain; version=0.0.4", body: "up 1\n" }),
      docsFile: async (name) => ({ body: `file ${name}`, contentType: "text/css" }),
      pages: async (_request, path) =>
        path === "/echo/" ? new Response("<p>page", { headers: { etag: "x" } }) : undefined,
    },
  });
});

const post = (body: unknown, headers: Record<string, string> = {}) =>
  world.send("POST", "/echo/api/things", { body, headers });

describe("every response", () => {
  test("names region and epoch, carries the trace, and is not kept or sniffed", async () => {
    for (const [method, path] of [
      ["GET", "/echo/api/things"],
      ["GET", "/echo/api/none"],
      ["GET", "/plain/api/hello"],
      ["GET", "/echo/"],
      ["GET", "/nothing/at/all"],
      ["GET", "/routing/apps"],
      ["GET", "/metrics"],
      ["DELETE", "/echo/api/things"],
    ] as const) {
      const { headers } = await world.send(method, path);
      const where = `${method} ${path}`;
      expect(headers.get("understudy-region"), where).toBe("eu-west-1");
      expect(headers.get("understudy-epoch"), where).toMatch(/^\d+$/);
      expect(headers.get("traceparent"), where).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
      expect(headers.get("x-content-type-options"), where).toBe("nosniff");
      expect(headers.get("content-security-policy"), where).toContain("frame-ancestors 'none'");
      expect(headers.get("referrer-policy"), where).toBe("no-referrer");
      expect(headers.get("cache-control"), where).toBe("no-store");
    }
  });

  test("continues the caller's trace, and begins one where there is none that is valid", async () => {
    const caller = `00-${"a".repeat(32)}-${"b".repeat(16)}-00`;
    const sent = await post({ text: "x" }, { traceparent: caller });
    expect(sent.headers.get("traceparent")).toMatch(/^00-a{32}-(?!b{16})[0-9a-f]{16}-00$/);
    expect(world.logged.at(-1)?.fields["traceId"]).toBe("a".repeat(32));
    for (const wrong of ["x", `00-${"0".repeat(32)}-${"b".repeat(16)}-00`]) {
      const own = await post({ text: "x" }, { traceparent: wrong });
      expect(own.headers.get("traceparent")).toMatch(/^00-(?!0{32})[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    }
  });

  test("is logged with ids, and without query, headers or body", async () => {
    const options = { body: { text: "private" }, token: "private-token" };
    await world.send("POST", "/echo/api/things?secret=private", options);
    const text = JSON.stringify(world.logged);
    expect(text).toContain("/echo/api/things");
    expect(text).not.toContain("private");
  });

  test("of a fault is 500 without detail; the log has it", async () => {
    const { status, body } = await world.send("GET", "/echo/api/fault");
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain("secret detail");
    const logged = world.logged.find(({ level }) => level === "error");
    expect(logged?.fields["error"]).toContain("the secret detail");
    expect(logged?.fields["traceId"]).toBe(body.traceId);
  });
});

describe("a body", () => {
  test("is one JSON object of known fields", async () => {
    expect((await post({ text: "x" })).body).toEqual({ text: "x" });
    expect((await post("{")).body.type).toBe("/problems/broken-json");
    expect((await post("")).body.type).toBe("/problems/broken-json");
    for (const body of ["[]", "null", "1", '{"text":1}', '{"text":"x","more":1}']) {
      expect((await post(body)).body.type, body).toBe("/problems/invalid-request");
    }
    expect((await post('{"text":"x","__proto__":{"a":1}}')).status).toBe(400);
  });

  test("of another type, or compressed, is 415", async () => {
    for (const headers of [
      { "content-type": "text/plain" },
      { "content-type": "application/x-www-form-urlencoded" },
      { "content-encoding": "gzip" },
    ]) {
      const sent = await post({ text: "x" }, headers as Record<string, string>);
      expect(sent.status).toBe(415);
    }
    const json = { "content-type": "application/json; charset=utf-8" };
    expect((await post({ text: "x" }, json)).status).toBe(200);
  });

  test("that is too large is 413, by what it declares and by what it sends", async () => {
    const text = "x".repeat(64 * 1024);
    expect((await post({ text })).status).toBe(413);
    expect((await post({ text: "x" }, { "content-length": "65537" })).status).toBe(413);
    expect((await post({ text: "x".repeat(64 * 1024 - 11) })).status).toBe(200);
  });

  test("without end is stopped at the limit", async () => {
    let pulls = 0;
    let cancelled = false;
    const endless = new ReadableStream({
      pull: (controller) => {
        pulls++;
        controller.enqueue(new Uint8Array(1024).fill(120));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    const init = { method: "POST", body: endless, duplex: "half" } as const;
    const headers = { "content-type": "application/json" };
    const request = new Request("http://region.example/echo/api/things", { ...init, headers });
    expect((await world.api.fetch(request)).status).toBe(413);
    expect(cancelled).toBe(true);
    expect(pulls).toBeLessThan(80);
  });
});

describe("an address", () => {
  test("that nobody has is a 404 problem, another method a 405 with Allow", async () => {
    for (const path of ["/echo/api/none", "/none", "/routing/none", "/identity/none"]) {
      const { status, body } = await world.send("GET", path);
      expect(status, path).toBe(404);
      expect(body.type, path).toBe("/problems/not-found");
    }
    const sent = await world.send("DELETE", "/echo/api/things");
    expect(sent.status).toBe(405);
    expect(sent.headers.get("allow")).toBe("GET, POST, HEAD, OPTIONS");
    const options = await world.send("OPTIONS", "/echo/api/things");
    expect(options.status).toBe(204);
    expect(options.headers.get("allow")).toContain("POST");
    expect((await world.send("HEAD", "/echo/api/things")).status).toBe(200);
    expect((await world.send("POST", "/metrics")).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
  });

  test("of pages goes to the pages, of plain routes to the app's own router", async () => {
    expect((await world.send("GET", "/echo/")).body).toBe("<p>page");
    expect((await world.send("GET", "/plain/api/hello")).body).toBe("hello");
  });
});

describe("health", () => {
  const report = { checkedOnMs: 5, tookMs: 1 };

  test("is 200 while the journey passes and 503 with the reason when it fails", async () => {
    expect((await world.send("GET", "/health/echo")).status).toBe(200);
    health = { healthy: true, reasons: [], ...report };
    expect((await world.send("GET", "/health/echo")).body.status).toBe("healthy");
    expect((await world.send("GET", "/health")).status).toBe(200);
    health = { healthy: false, reasons: ["the disk is full"], ...report };
    const ill = await world.send("GET", "/health/echo");
    expect(ill.status).toBe(503);
    expect(ill.body.detail).toContain("the disk is full");
    expect((await world.send("GET", "/health")).status).toBe(503);
    expect((await world.send("GET", "/health/plain")).status).toBe(200);
    expect((await world.send("GET", "/health/none")).status).toBe(404);
  });

  test("serving is 200 only while this region holds the lease", async () => {
    const path = "/health/echo/serving";
    expect((await world.send("GET", path)).status).toBe(200);
    world.routing.set("echo", { holdsLease: false });
    expect((await world.send("GET", path)).status).toBe(503);
    world.routing.set("echo", { phase: "fenced" });
    expect((await world.send("GET", path)).body.type).toBe("/problems/fenced");
    expect((await world.send("GET", "/health/none/serving")).status).toBe(404);
  });

  test("serving names the app's epoch in its headers, whatever the answer", async () => {
    const epoch = async () =>
      (await world.send("GET", "/health/echo/serving")).headers.get("understudy-epoch");
    expect(await epoch()).toBe("3");
    world.routing.set("echo", { holdsLease: false, epoch: 4 });
    expect(await epoch()).toBe("4");
  });
});

describe("routing", () => {
  test("tells records, regions and the journal", async () => {
    const apps = (await world.send("GET", "/routing/apps")).body.items;
    expect(apps.map(({ app }: { app: string }) => app)).toEqual(["identity", "echo", "plain"]);
    const one = await world.send("GET", "/routing/apps/echo");
    expect(one.body).toEqual(apps[1]);
    expect(one.body).toMatchObject({ state: "active", epoch: 3, servingRegions: ["eu-west-1"] });
    expect((await world.send("GET", "/routing/apps/none")).status).toBe(404);
    expect((await world.send("GET", "/routing/regions")).body.items).toHaveLength(2);
    expect((await world.send("GET", "/routing/journal")).body.items).toHaveLength(3);
    expect((await world.send("GET", "/routing/journal?app=echo")).body.items).toHaveLength(1);
    expect((await world.send("GET", "/routing/journal?limit=2")).body.items).toHaveLength(2);
    expect((await world.send("GET", "/routing/journal?limit=501")).status).toBe(400);
  });

  const command = (token: string | undefined, name = "fence", body?: unknown) =>
    world.send("POST", `/routing/apps/echo/${name}`, { token, body });

  test("is commanded with the operator token only", async () => {
    expect((await command(undefined)).status).toBe(401);
    expect((await command("x".repeat(OPERATOR_TOKEN.length))).status).toBe(401);
    expect((await command(OPERATOR_TOKEN.slice(0, -1))).status).toBe(401);
    const { accessToken } = await world.signUp("rider");
    expect((await command(accessToken)).status).toBe(403);
    expect(world.routing.commands).toEqual([]);
    const done = await command(OPERATOR_TOKEN, "switchover", { to: "ap-southeast-1" });
    expect(done.status).toBe(200);
    expect(done.body).toMatchObject({ app: "echo", epoch: 3 });
    expect(world.routing.commands).toEqual([
      { app: "echo", command: "switchover", by: "operator" },
    ]);
  });

  test("an operator who is signed in is named in the journal", async () => {
    await world.signUp("chief");
    const body = { roles: ["operator"] };
    await world.send("PUT", "/identity/users/chief/roles", { token: OPERATOR_TOKEN, body });
    const form = { username: "chief", password: "correct horse battery" };
    const { accessToken } = (await world.send("POST", "/identity/sign-in", { body: form })).body;
    expect((await command(accessToken)).status).toBe(200);
    expect(world.routing.commands.at(-1)?.by).toBe("chief");
    // Who hands on the command of another needs the operator's token for it.
    const headers = { "understudy-operator": "J%C3%B6rg" };
    const sent = { headers, token: OPERATOR_TOKEN };
    await world.send("POST", "/routing/apps/echo/fence", sent);
    expect(world.routing.commands.at(-1)?.by).toBe("Jörg");
    await world.send("POST", "/routing/apps/echo/fence", { headers, token: accessToken });
    expect(world.routing.commands.at(-1)?.by).toBe("chief");
  });

  test("says why a command was refused, and when it is not known whether it happened", async () => {
    for (const [code, status] of [
      ["not-allowed", 409],
      ["no-candidate", 409],
      ["would-lose-data", 409],
      ["no-majority", 503],
      ["not-serving", 503],
      ["unknown-region", 400],
    ] as const) {
      world.routing.nextCommand = { kind: "failed", code, reason: "because" };
      const sent = await command(OPERATOR_TOKEN);
      expect(sent.status, code).toBe(status);
      expect(sent.body.detail).toBe("because");
    }
    world.routing.nextCommand = { kind: "unknown", reason: "no answer" };
    expect((await command(OPERATOR_TOKEN)).status).toBe(504);
    expect((await command(OPERATOR_TOKEN, "explode")).status).toBe(400);
    expect((await command(OPERATOR_TOKEN, "fence", { force: true })).status).toBe(400);
    world.routing.commands.length = 0;
    for (const reason of ["", "  ", "\u200b".repeat(10), "\u2800", "\u3164", "\u0301"]) {
      expect((await command(OPERATOR_TOKEN, "fence", { reason })).status, reason).toBe(400);
    }
    expect(world.routing.commands).toEqual([]);
  });
});

describe("events", () => {
  const open = async () => {
    const response = await world.api.fetch(new Request("http://region.example/routing/events"));
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    return { response, reader };
  };
  type Reader = NonNullable<Awaited<ReturnType<typeof open>>["reader"]>;
  const readUntil = async (reader: Reader | undefined, wanted: string): Promise<string> => {
    let text = "";
    while (!text.includes(wanted)) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: "" };
      if (done) throw new Error(`the stream ended before ${wanted}: ${text}`);
      text += value;
    }
    return text;
  };

  test("give the present state first, then what changes, and end when the listener goes", async () => {
    const { response, reader } = await open();
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const first = await readUntil(reader, '"id":"ap-southeast-1"');
    expect(first.match(/event: record/g)).toHaveLength(3);
    expect(first).toContain("event: beat\ndata: {}\n\n");
    world.routing.emit({ type: "lag", app: "echo", lag: {}, writesAtRisk: 7 });
    expect(await readUntil(reader, '"writesAtRisk":7')).toContain("event: lag\ndata: {");
    await reader?.cancel();
    expect(world.routing.listeners).toBe(0);
  });

  test("end for all when the region closes, and for one who does not read", async () => {
    const { reader } = await open();
    await open();
    expect(world.routing.listeners).toBe(2);
    for (let count = 0; count < 1_200; count++) {
      world.routing.emit({ type: "lag", app: "echo", lag: {}, writesAtRisk: count });
    }
    expect(world.routing.listeners).toBe(0);
    await reader?.cancel();
    const late = await open();
    await readUntil(late.reader, "event: region");
    world.api.close();
    expect(world.routing.listeners).toBe(0);
  });
});

describe("documents", () => {
  test("the OpenAPI document has every route with its parameters", async () => {
    const { body } = await world.send("GET", "/openapi.json");
    expect(body.openapi).toBe("3.1.0");
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([
        "/echo/api/things",
        "/identity/sign-up",
        "/routing/apps/{app}/{command}",
        "/health/{app}/serving",
      ]),
    );
    const operation = body.paths["/echo/api/things"].post;
    const schema = operation.requestBody.content["application/json"].schema;
    expect(schema).toMatchObject({ required: ["text"], additionalProperties: false });
    const names = operation.parameters.map(({ name }: { name: string }) => name);
    expect(names).toContain("Idempotency-Key");
    expect(operation.responses.default.content).toHaveProperty(["application/problem+json"]);
  });

  test("the page of the API and its files are served from here, and nothing else is", async () => {
    const page = await world.send("GET", "/docs");
    expect(page.headers.get("content-security-policy")).toContain("script-src 'self'");
    expect(page.body).not.toMatch(/https?:\/\//);
    expect((await world.send("GET", "/docs/swagger-ui.css")).body).toBe("file swagger-ui.css");
    expect((await world.send("GET", "/docs/package.json")).status).toBe(404);
    expect((await world.send("GET", "/docs/..%2Fpackage.json")).status).toBe(404);
  });

  test("metrics are passed on as they are", async () => {
    const { headers, body } = await world.send("GET", "/metrics");
    expect(headers.get("content-type")).toBe("text/plain; version=0.0.4");
    expect(body).toBe("up 1\n");
  });

  test("the type of a problem is an address that explains it", async () => {
    const { type } = (await world.send("GET", "/none")).body;
    const row = await world.send("GET", type);
    expect(row.body).toMatchObject({ type, status: 404 });
    expect((await world.send("GET", "/problems/none")).status).toBe(404);
  });
});
