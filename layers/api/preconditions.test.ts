/** If-Match: a version that is not the present one stops every request that would write. */
import { createHash } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { defineTable } from "../key-value/table.ts";
import { createAppApi } from "./app-api.ts";
import { defineApp } from "./define-app.ts";
import { problemOfRead } from "./problem.ts";
import { createWorld, OPERATOR_TOKEN, PASSWORD, type World } from "./testing/world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const notes = defineTable({
  name: "notes",
  schema: z.strictObject({ id: z.string() }),
  partitionKey: "id",
});
const app = defineApp({
  id: "notes",
  mode: "active-passive",
  durability: "local",
  objectives: { rtoMs: 1, rpoMs: 1 },
  tables: [notes],
  api: (context) =>
    createAppApi(context)
      .put("/api/blind/:id", {
        summary: "Write without a look",
        auth: "none",
        replies: {},
        handle: (call) =>
          call.commit(
            [{ kind: "put", table: notes, item: { id: (call.params as { id: string }).id } }],
            { status: 200, versioned: true },
            { onConflict: () => ({ kind: "answer", status: 409 }) },
          ),
      })
      .delete("/api/notes/:id", {
        summary: "Delete",
        auth: "none",
        params: z.object({ id: z.string() }),
        replies: {},
        handle: async (call) => {
          const read = await call.store.get(notes, call.params, call.reading);
          if (read.kind === "failed") return problemOfRead(read);
          if (read.value === undefined) return call.absent(read.info, "No such note.");
          const ifVersion = read.value.version;
          return (
            call.stale(read.value) ??
            call.commit([{ kind: "delete", table: notes, key: call.params, ifVersion }], {
              status: 204,
            })
          );
        },
      })
      .post("/api/plain", {
        summary: "Without versions",
        auth: "none",
        unversioned: true,
        replies: {},
        handle: () => ({ kind: "answer", status: 200, body: {} }),
      }),
});

let world: World;
beforeEach(() => {
  world = createWorld({ apps: [app], digest });
});

const STALE = { "if-match": '"an-older-version"' };
const send = (method: string, path: string, headers: Record<string, string> = {}) =>
  world.send(method, path, { headers });

test("a route that compares versions acts on the present one only", async () => {
  const made = await send("PUT", "/notes/api/blind/a");
  const etag = made.headers.get("etag") ?? "";
  expect((await send("DELETE", "/notes/api/notes/a", STALE)).status).toBe(412);
  expect((await send("DELETE", "/notes/api/notes/a", { "if-match": etag })).status).toBe(204);
  expect((await send("DELETE", "/notes/api/notes/a", { "if-match": etag })).status).toBe(404);
});

test("a weak tag names no version, and one beside it that is strong still does", async () => {
  const etag = (await send("PUT", "/notes/api/blind/a")).headers.get("etag") ?? "";
  const weak = { "if-match": `W/${etag}` };
  expect((await send("DELETE", "/notes/api/notes/a", weak)).status).toBe(412);
  expect((await send("PUT", "/notes/api/blind/a", weak)).status).toBe(412);
  expect((await send("POST", "/notes/api/plain", weak)).status).toBe(412);
  const most = { "if-match": Array.from({ length: 21 }, () => `W/${etag}`).join() };
  expect((await send("DELETE", "/notes/api/notes/a", most)).status).toBe(400);
  const both = { "if-match": `W/"x", ${etag}` };
  expect((await send("DELETE", "/notes/api/notes/a", both)).status).toBe(204);
});

test("a route that compares nothing does not write over a version that was named", async () => {
  await send("PUT", "/notes/api/blind/a");
  const refused = await send("PUT", "/notes/api/blind/a", STALE);
  expect([refused.status, refused.body.type]).toEqual([412, "/problems/precondition-failed"]);
  expect((await send("PUT", "/notes/api/blind/b", STALE)).status).toBe(412);
  expect((await send("DELETE", "/notes/api/notes/b")).status).toBe(404);
  expect((await send("PUT", "/notes/api/blind/a", { "if-match": "*" })).status).toBe(200);
});

test("a route without versions refuses one that is named, also of the platform's own", async () => {
  expect((await send("POST", "/notes/api/plain", STALE)).status).toBe(412);
  expect((await send("POST", "/notes/api/plain", { "if-match": "*" })).status).toBe(200);
  const body = { username: "rider", password: PASSWORD };
  const refused = await world.send("POST", "/identity/sign-up", { body, headers: STALE });
  expect(refused.status).toBe(412);
  expect((await world.send("POST", "/identity/sign-up", { body })).status).toBe(201);
  const command = { token: OPERATOR_TOKEN, body: {}, headers: STALE };
  expect((await world.send("POST", "/routing/apps/notes/fence", command)).status).toBe(412);
  expect(world.routing.commands).toEqual([]);
});

test("If-Match is read as RFC 9110 writes a list of ETags", async () => {
  const made = await send("PUT", "/notes/api/blind/a");
  const etag = made.headers.get("etag") ?? "";
  const status = async (list: string) =>
    (await send("DELETE", "/notes/api/notes/a", { "if-match": list })).status;
  for (const none of ['""', '"a,b"', '"a" , , "b",', 'W/"a",W/","']) {
    expect([none, await status(none)]).toEqual([none, 412]);
  }
  for (const wrong of ["", ",", "v1", '"a" "b"', '"a""b"', '"a', '*, "a"', '"a"'.repeat(2)]) {
    expect([wrong, await status(wrong)]).toEqual([wrong, 400]);
  }
  const tags = (count: number) => Array.from({ length: count }, () => '"a"').join(",");
  expect([await status(tags(20)), await status(tags(21))]).toEqual([412, 400]);
  expect(await status(`,"a,b", ,${etag} ,`)).toBe(204);
});
