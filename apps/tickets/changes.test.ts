import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { createWorld, type World } from "../../layers/api/testing/world.ts";
import { comments } from "./model/tables.ts";
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

describe("listing", () => {
  const ids = (sent: { body: { items: { id: string }[] } }) => sent.body.items.map(({ id }) => id);

  test("gives the newest first, page by page, each ticket once", async () => {
    const made: string[] = [];
    for (let count = 0; count < 25; count++) {
      made.unshift((await submit()).body.id);
      world.advance(1);
    }
    const first = await world.send("GET", LIST, { token });
    expect(ids(first)).toEqual(made.slice(0, 20));
    const cursor = encodeURIComponent(first.body.cursor);
    const second = await world.send("GET", `${LIST}?cursor=${cursor}`, { token });
    expect(ids(second)).toEqual(made.slice(20));
    expect(second.body.cursor).toBeUndefined();
    expect((await world.send("GET", `${LIST}?limit=100`, { token })).body.items).toHaveLength(25);
  });

  test("filters by status, by assignee, and by both", async () => {
    const made: string[] = [];
    for (let count = 0; count < 4; count++) {
      made.push((await submit()).body.id);
      world.advance(1);
    }
    const change = (index: number, body: object) =>
      world.send("PATCH", `${LIST}/${made[index]}`, { token, body });
    await change(0, { assigned: "agent" });
    await change(1, { assigned: "agent", status: "in-progress" });
    await change(2, { status: "closed" });
    const list = async (query: string) => ids(await world.send("GET", LIST + query, { token }));
    expect(await list("?status=open")).toEqual([made[3], made[0]]);
    expect(await list("?status=closed")).toEqual([made[2]]);
    expect(await list("?assigned=agent")).toEqual([made[1], made[0]]);
    expect(await list("?assigned=agent&status=open")).toEqual([made[0]]);
    expect(await list("?status=&assigned=&limit=&cursor=")).toHaveLength(4);
  });

  test("a query that means nothing here is refused", async () => {
    for (const query of [
      "?limit=0",
      "?limit=101",
      "?limit=1.5",
      "?limit=ten",
      "?status=done",
      "?colour=red",
      "?status=open&status=closed",
      "?cursor=nonsense",
      "?__proto__=1",
    ]) {
      expect((await world.send("GET", LIST + query, { token })).status, query).toBe(400);
    }
  });
});

describe("changing", () => {
  const patch = (id: string, body: unknown, headers: Record<string, string> = {}) =>
    world.send("PATCH", `${LIST}/${id}`, { token, body, headers });

  test("a ticket moves, and gets a new version", async () => {
    const made = (await submit()).body;
    const { status, body, headers } = await patch(made.id, { status: "in-progress" });
    expect(status).toBe(200);
    expect(body).toEqual({ ...made, status: "in-progress", version: expect.any(String) });
    expect(body.version).not.toBe(made.version);
    expect(headers.get("understudy-receipt")).toBeTruthy();
    expect((await patch(made.id, { status: "closed" })).status).toBe(200);
    expect((await patch(made.id, { status: "in-progress" })).status).toBe(409);
    expect((await patch(made.id, { status: "open" })).body.status).toBe("open");
  });

  test("a stale If-Match is 412, also when somebody is faster in between", async () => {
    const made = (await submit()).body;
    const ifMatch = { "if-match": `"${made.version}"` };
    const changed = await patch(made.id, { priority: "low" }, ifMatch);
    expect(changed.status).toBe(200);
    expect((await patch(made.id, { priority: "high" }, ifMatch)).status).toBe(412);
    const fresh = { "if-match": `"other", "${changed.body.version}"` };
    world.store("tickets").interfere = async () => {
      await patch(made.id, { assigned: "agent" });
    };
    expect((await patch(made.id, { priority: "high" }, fresh)).status).toBe(412);
    expect((await patch(made.id, { priority: "high" }, { "if-match": "*" })).status).toBe(200);
    expect((await patch(made.id, { priority: "high" }, { "if-match": "unquoted" })).status).toBe(
      400,
    );
  });

  test("without If-Match a change that lost a race is decided again on what is there", async () => {
    const { id } = (await submit()).body;
    world.store("tickets").interfere = async () => {
      await patch(id, { assigned: "agent" });
    };
    const { status, body } = await patch(id, { priority: "urgent" });
    expect(status).toBe(200);
    expect(body).toMatchObject({ assigned: "agent", priority: "urgent" });
  });

  test("a retry of a change gives the first answer, although the ticket has moved on", async () => {
    const { id } = (await submit()).body;
    const key = { "idempotency-key": "close-it" };
    const first = await patch(id, { status: "closed" }, key);
    await patch(id, { status: "open" });
    const second = await patch(id, { status: "closed" }, key);
    expect(second.status).toBe(200);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("etag")).toBe(first.headers.get("etag"));
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect((await world.send("GET", `${LIST}/${id}`, { token })).body.status).toBe("open");
    expect((await patch(id, { status: "open" }, key)).status).toBe(422);
  });

  test("others may not, the assignee and agents may", async () => {
    const { id } = (await submit()).body;
    const owner = token;
    token = (await world.signUp("stranger")).accessToken;
    expect((await patch(id, { status: "closed" })).status).toBe(403);
    const stranger = token;
    token = owner;
    await patch(id, { assigned: "stranger" });
    token = stranger;
    expect((await patch(id, { status: "in-progress" })).status).toBe(200);
  });

  test("what is nobody's field, nothing at all, and unknown ids are refused", async () => {
    const { id } = (await submit()).body;
    for (const body of [{}, { version: "1" }, { createdBy: "me" }, { status: null }, [], 1]) {
      expect((await patch(id, body)).status, JSON.stringify(body)).toBe(400);
    }
    expect((await patch("no-such-ticket", { status: "closed" })).status).toBe(404);
    expect((await patch("..%2F..", { status: "closed" })).status).toBe(400);
  });
});

describe("commenting", () => {
  test("anybody who is signed in may, and the author is the session's", async () => {
    const { id } = (await submit()).body;
    token = (await world.signUp("stranger")).accessToken;
    const path = `${LIST}/${id}/comments`;
    const made = await world.send("POST", path, { token, body: { text: " Same here. " } });
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.any(String),
      ticketId: id,
      author: "stranger",
      text: "Same here.",
      createdOn: expect.any(String),
    });
    world.advance(1);
    await world.send("POST", path, { token, body: { text: "Still." } });
    const list = await world.send("GET", path, { token });
    expect(list.body.items.map((comment: { text: string }) => comment.text)).toEqual([
      "Same here.",
      "Still.",
    ]);
    expect((await world.send("POST", path, { token, body: { text: "  " } })).status).toBe(400);
    const forged = { text: "x", author: "rider" };
    expect((await world.send("POST", path, { token, body: forged })).status).toBe(400);
  });

  test("a retry is one comment, and no ticket is no comment", async () => {
    const { id } = (await submit()).body;
    const options = { token, body: { text: "Once." }, headers: { "idempotency-key": "c1" } };
    const first = await world.send("POST", `${LIST}/${id}/comments`, options);
    const second = await world.send("POST", `${LIST}/${id}/comments`, options);
    expect(second.body).toEqual(first.body);
    expect(world.store("tickets").count(comments)).toBe(1);
    expect((await world.send("POST", `${LIST}/none/comments`, options)).status).toBe(422);
    const fresh = { token, body: { text: "Once." } };
    expect((await world.send("POST", `${LIST}/none/comments`, fresh)).status).toBe(404);
  });
});
