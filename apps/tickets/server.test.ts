import { createHash } from "node:crypto";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { createWorld, type World } from "../../layers/api/testing/world.ts";
import { tickets } from "./model/tables.ts";
import { ticketsApp } from "./server.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const LIST = "/tickets/api/tickets";
const description = "The unicorn did not arrive at the corner.";

let world: World;
let token: string;

beforeEach(async () => {
  world = createWorld({ apps: [ticketsApp], digest });
  token = (await world.signUp("rider")).accessToken;
});

const submit = async (more: object = {}, headers: Record<string, string> = {}) => {
  const body = { description, ...more };
  const sent = await world.send("POST", LIST, { token, body, headers });
  return sent;
};

test("a ticket that is not there is told with how current that is, and what has not arrived", async () => {
  const store = world.store("tickets");
  const session = "a-receipt-still-on-its-way";
  store.missing.add(session);
  const headers = { "understudy-session": session };
  for (const path of [`${LIST}/none`, `${LIST}/none/comments`]) {
    store.gate = "not-serving";
    const stale = await world.send("GET", path, { token, headers });
    expect(stale.status).toBe(404);
    expect(stale.headers.get("understudy-consistency")).toBe("stale");
    expect(stale.headers.get("understudy-data-age")).toBe("12");
    expect(stale.headers.get("understudy-missing")).toBe(session);
    store.gate = "open";
    const fresh = await world.send("GET", path, { token });
    expect(fresh.headers.get("understudy-consistency")).toBe("leased");
  }
});

describe("submitting", () => {
  test("a ticket is created with its address, version, receipt, region and epoch", async () => {
    const { status, headers, body } = await submit({ priority: "high" });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      description,
      priority: "high",
      status: "open",
      assigned: null,
      createdBy: "rider",
      createdOn: "2026-03-01T00:00:00.000Z",
      version: expect.any(String),
    });
    expect(headers.get("location")).toBe(`${LIST}/${body.id}`);
    expect(headers.get("etag")).toBe(`"${body.version}"`);
    expect(headers.get("understudy-receipt")).toBeTruthy();
    expect(headers.get("understudy-region")).toBe("eu-west-1");
    expect(headers.get("understudy-epoch")).toBe("3");
    const read = await world.send("GET", `${LIST}/${body.id}`, { token });
    expect(read.body).toEqual(body);
    expect(read.headers.get("etag")).toBe(headers.get("etag"));
    expect(read.headers.get("understudy-consistency")).toBe("leased");
  });

  test("the priority is normal unless it is said", async () => {
    expect((await submit()).body.priority).toBe("normal");
  });

  test("without a session nothing is answered and nothing is written", async () => {
    for (const [method, path] of [
      ["GET", LIST],
      ["POST", LIST],
      ["GET", `${LIST}/x`],
      ["PATCH", `${LIST}/x`],
      ["GET", `${LIST}/x/comments`],
      ["POST", `${LIST}/x/comments`],
    ] as const) {
      const body = method === "GET" ? undefined : { description };
      const { status, headers } = await world.send(method, path, { body });
      expect(status, `${method} ${path}`).toBe(401);
      expect(headers.get("www-authenticate")).toContain("Bearer");
    }
    expect(world.store("tickets").count(tickets)).toBe(0);
  });

  test("an author in the body is an unknown field: authors come from the session", async () => {
    const { status, body } = await submit({ createdBy: "somebody", id: "mine" });
    expect(status).toBe(400);
    expect(body.errors.map((error: { field: string }) => error.field)).toEqual(["createdBy", "id"]);
    expect(body.errors[0]).toMatchObject({ got: '"somebody"', in: "body" });
    expect(body.errors[0].fix).toContain("description, priority");
  });

  test("each wrong field is told with the value got and the fix", async () => {
    const { status, body } = await submit({ description: "too short", priority: "asap" });
    expect(status).toBe(400);
    expect(body.type).toBe("/problems/invalid-request");
    const [first, second] = body.errors;
    expect(first).toMatchObject({ field: "description", got: '"too short"' });
    expect(first.message).toContain("at least 10");
    expect(second).toMatchObject({ field: "priority", got: '"asap"' });
    expect(second.fix).toBe("Use one of low, normal, high, urgent.");
  });

  test("spaces do not make a description long enough", async () => {
    expect((await submit({ description: "   ten         " })).status).toBe(400);
  });

  test("no body of any shape is a fault, and only good ones are kept", async () => {
    const shapes = fc.oneof(
      fc.json(),
      fc
        .record(
          {
            description: fc.oneof(fc.string({ maxLength: 30 }), fc.anything()),
            priority: fc.oneof(fc.constantFrom("low", "urgent", "x"), fc.anything()),
          },
          { requiredKeys: [] },
        )
        .map((value) => JSON.stringify(value) ?? ""),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(shapes, async (body) => {
        const before = world.store("tickets").count(tickets);
        const { status, body: answer } = await world.send("POST", LIST, { token, body });
        const after = world.store("tickets").count(tickets);
        if (status === 201) {
          expect(answer.description.length).toBeGreaterThanOrEqual(10);
          expect(after).toBe(before + 1);
        } else {
          expect(status).toBe(400);
          expect(after).toBe(before);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("a retry with the same key", () => {
  test("has one effect and the identical answer", async () => {
    const first = await submit({}, { "idempotency-key": "k1" });
    world.advance(5_000);
    const second = await submit({}, { "idempotency-key": "k1" });
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    for (const name of ["location", "etag", "understudy-receipt"]) {
      expect(second.headers.get(name)).toBe(first.headers.get(name));
    }
    expect(first.headers.get("idempotency-replayed")).toBeNull();
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(world.store("tickets").count(tickets)).toBe(1);
  });

  test("and another body is refused with 422", async () => {
    await submit({}, { "idempotency-key": "k1" });
    const other = await submit({ priority: "low" }, { "idempotency-key": "k1" });
    expect(other.status).toBe(422);
    expect(other.body.type).toBe("/problems/idempotency-mismatch");
  });

  test("of another user is another request", async () => {
    await submit({}, { "idempotency-key": "k1" });
    token = (await world.signUp("driver")).accessToken;
    const other = await submit({}, { "idempotency-key": "k1" });
    expect(other.status).toBe(201);
    expect(other.headers.get("idempotency-replayed")).toBeNull();
    expect(world.store("tickets").count(tickets)).toBe(2);
  });

  test("in a region that the first has not reached writes the same item", async () => {
    const here = createWorld({ apps: [ticketsApp], digest });
    const there = createWorld({ apps: [ticketsApp], digest, region: "ap-southeast-1" });
    const ids = new Set<string>();
    for (const region of [here, there]) {
      // One account in both: its id, too, comes from the key of the sign-up.
      const account = { username: "rider", password: "correct horse battery" };
      const signUp = { body: account, headers: { "idempotency-key": "account" } };
      const made = await region.send("POST", "/identity/sign-up", signUp);
      const sent = await region.send("POST", LIST, {
        token: made.body.accessToken,
        body: { description },
        headers: { "idempotency-key": "k1" },
      });
      expect(sent.status).toBe(201);
      expect(sent.headers.get("idempotency-replayed")).toBeNull();
      ids.add(sent.body.id);
    }
    expect(ids.size).toBe(1);
  });

  test("keys that are empty, too long, or not visible ASCII are refused", async () => {
    for (const key of ["", "x".repeat(256), "a b", "ü"]) {
      const { status, body } = await submit({}, { "idempotency-key": key });
      expect(status, JSON.stringify(key)).toBe(400);
      expect(body.type).toBe("/problems/invalid-header");
    }
    expect((await submit({}, { "idempotency-key": "x".repeat(255) })).status).toBe(201);
  });
});

describe("a region that may not write", () => {
  test("refuses with 503, says fenced, and that nothing happened", async () => {
    world.store("tickets").gate = "fenced";
    world.routing.set("tickets", { state: "fenced", phase: "fenced", holdsLease: false });
    const { status, headers, body } = await submit();
    expect(status).toBe(503);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(headers.get("retry-after")).toBe("5");
    expect(body).toMatchObject({ type: "/problems/fenced", status: 503, state: "fenced" });
    expect(world.store("tickets").count(tickets)).toBe(0);
  });

  test("names the region that serves", async () => {
    world.store("tickets").gate = "not-serving";
    const servingRegions = ["ap-southeast-1"];
    world.routing.set("tickets", { state: "failover", servingRegions, holdsLease: false });
    const { status, body } = await submit();
    expect(status).toBe(503);
    expect(body).toMatchObject({
      type: "/problems/not-serving",
      servingRegion: "ap-southeast-1",
      servingRegions,
      servingUrls: ["http://ap-southeast-1.example"],
    });
  });

  test("still serves reads, and says that they are stale and how old", async () => {
    const { id } = (await submit()).body;
    world.store("tickets").gate = "not-serving";
    const read = await world.send("GET", `${LIST}/${id}`, { token });
    expect(read.status).toBe(200);
    expect(read.headers.get("understudy-consistency")).toBe("stale");
    expect(read.headers.get("understudy-data-age")).toBe("12");
  });

  test("does not answer 404 to a write: what it has may be old", async () => {
    world.store("tickets").gate = "not-serving";
    world.routing.set("tickets", { servingRegions: ["ap-southeast-1"], holdsLease: false });
    const change = await world.send("PATCH", `${LIST}/x`, { token, body: { status: "closed" } });
    expect(change.body.type).toBe("/problems/not-serving");
    const read = await world.send("GET", `${LIST}/x`, { token });
    expect(read.status).toBe(404);
  });

  test("an unknown outcome is 504, never a success and never a refusal", async () => {
    for (const lost of ["before", "after"] as const) {
      world.store("tickets").loseNextAnswer = lost;
      const first = await submit({}, { "idempotency-key": lost });
      expect(first.status).toBe(504);
      expect(first.body.type).toBe("/problems/outcome-unknown");
      expect(first.headers.get("understudy-receipt")).toBeNull();
      const second = await submit({}, { "idempotency-key": lost });
      expect(second.status).toBe(201);
    }
    expect(world.store("tickets").count(tickets)).toBe(2);
  });

  test("a read that cannot be had at the level asked for says so", async () => {
    world.store("tickets").reads = "not-serving";
    const headers = { "understudy-consistency": "current" };
    const { status, body } = await world.send("GET", LIST, { token, headers });
    expect(status).toBe(503);
    expect(body.type).toBe("/problems/not-serving");
  });
});

describe("reading one's own writes", () => {
  test("receipts that have not arrived are named", async () => {
    const sent = await submit();
    const receipt = sent.headers.get("understudy-receipt") ?? "";
    world.store("tickets").missing.add(receipt);
    const read = await world.send("GET", LIST, {
      token,
      headers: { "understudy-session": `${receipt},r1.other`, "understudy-consistency": "stale" },
    });
    expect(read.status).toBe(200);
    expect(read.headers.get("understudy-missing")).toBe(receipt);
    expect(read.headers.get("understudy-consistency")).toBe("stale");
  });

  test("at most 20 receipts, and only known levels, are taken", async () => {
    const twenty = Array.from({ length: 20 }, (_, index) => `r${index}`).join(",");
    const ask = (headers: Record<string, string>) => world.send("GET", LIST, { token, headers });
    expect((await ask({ "understudy-session": twenty })).status).toBe(200);
    expect((await ask({ "understudy-session": `${twenty},r20` })).status).toBe(400);
    expect((await ask({ "understudy-session": "x".repeat(257) })).status).toBe(400);
    expect((await ask({ "understudy-consistency": "eventual" })).status).toBe(400);
  });
});
