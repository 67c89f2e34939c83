import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { samplePicture } from "../../layers/images/testing/samples.ts";
import { COMMENTS, createPhotoWorld, PHOTOS, type PhotoWorld } from "./testing/photo-world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const sha256 = () => createHash("sha256");

let world: PhotoWorld;
let token: string;
let other: string;
let photo: string;

beforeEach(async () => {
  world = createPhotoWorld(sha256, digest);
  token = (await world.signUp("visitor")).accessToken;
  other = (await world.signUp("stranger")).accessToken;
  const made = await world.post(PHOTOS, samplePicture("png"), { token, type: "image/png" });
  photo = made.body.id;
});

const say = (text: string, as = token, headers = {}) =>
  world.send("POST", `${COMMENTS}/${photo}`, { token: as, body: { text }, headers });

describe("commenting", () => {
  test("anybody who is signed in may, and the author is the session's", async () => {
    const made = await say(" What a view! ", other);
    expect(made.status).toBe(201);
    expect(made.body).toEqual({
      id: expect.any(String),
      photoId: photo,
      author: "stranger",
      text: "What a view!",
      createdOn: expect.any(String),
    });
    const forged = { text: "x", author: "visitor" };
    const answer = await world.send("POST", `${COMMENTS}/${photo}`, { token, body: forged });
    expect(answer.status).toBe(400);
    expect((await say("  ")).status).toBe(400);
    expect((await say("x".repeat(2_001))).status).toBe(400);
    expect((await say("x", "")).status).toBe(401);
  });

  test("is listed oldest first, page by page, each comment once", async () => {
    for (let count = 0; count < 25; count++) {
      await say(`comment ${count}`);
      world.advance(1);
    }
    const first = await world.send("GET", `${COMMENTS}/${photo}?limit=20`, { token });
    await say("arrived meanwhile");
    const cursor = encodeURIComponent(first.body.cursor);
    const second = await world.send("GET", `${COMMENTS}/${photo}?limit=20&cursor=${cursor}`, {
      token,
    });
    const texts = [...first.body.items, ...second.body.items].map(({ text }) => text);
    const expected = Array.from({ length: 25 }, (_, count) => `comment ${count}`);
    expect(texts).toEqual([...expected, "arrived meanwhile"]);
  });

  test("a retry is one comment, and no photo is no comment", async () => {
    const key = { "idempotency-key": "c1" };
    const first = await say("Once.", token, key);
    world.advance(1_000);
    expect((await say("Once.", token, key)).body).toEqual(first.body);
    expect(world.kept().comments).toBe(1);
    photo = "none";
    expect((await say("Hello?")).status).toBe(404);
    expect((await world.send("GET", `${COMMENTS}/none`, { token })).status).toBe(404);
  });

  test("on a photo that is deleted in the same moment leaves nothing behind", async () => {
    world.store("photos").interfere = async () => {
      await world.send("DELETE", `${PHOTOS}/${photo}`, { token });
    };
    expect((await say("Too late.", other)).status).toBe(404);
    expect(world.kept()).toEqual({ photos: 0, comments: 0, names: 0 });
  });

  test("one's own comment may be taken back, others' may not", async () => {
    const { body, headers } = await say("A slip.", other);
    const address = headers.get("location") ?? "";
    expect(address).toBe(`${COMMENTS}/${photo}/${body.id}`);
    expect((await world.send("DELETE", address, { token })).status).toBe(403);
    const key = { "idempotency-key": "d" };
    expect((await world.send("DELETE", address, { token: other, headers: key })).status).toBe(204);
    expect((await world.send("DELETE", address, { token: other, headers: key })).status).toBe(204);
    expect((await world.send("DELETE", address, { token: other })).status).toBe(404);
    expect(world.kept().comments).toBe(0);
  });
});

describe("deleting a photo", () => {
  test("takes its comments and all names of its bytes with it, however many there are", async () => {
    for (let count = 0; count < 200; count++) await say(`comment ${count}`, other);
    const answer = await world.send("DELETE", `${PHOTOS}/${photo}`, { token });
    expect([answer.status, answer.body]).toEqual([204, ""]);
    expect(world.kept()).toEqual({ photos: 0, comments: 0, names: 0 });
    for (const path of [`${PHOTOS}/${photo}`, `${PHOTOS}/${photo}/image?size=thumb`]) {
      expect((await world.send("GET", path, { token })).status).toBe(404);
    }
  });

  test("is for whoever uploaded it, once per key, and leaves the others' alone", async () => {
    const theirs = await world.post(PHOTOS, samplePicture("gif"), {
      token: other,
      type: "image/gif",
    });
    expect((await world.send("DELETE", `${PHOTOS}/${photo}`, { token: other })).status).toBe(403);
    expect((await world.send("DELETE", `${PHOTOS}/${photo}`)).status).toBe(401);
    const headers = { "idempotency-key": "d" };
    for (let time = 0; time < 2; time++) {
      const answer = await world.send("DELETE", `${PHOTOS}/${photo}`, { token, headers });
      expect(answer.status).toBe(204);
    }
    expect((await world.send("DELETE", `${PHOTOS}/${photo}`, { token })).status).toBe(404);
    const image = `${theirs.headers.get("location")}/image?size=full`;
    expect((await world.send("GET", image, { token })).status).toBe(200);
  });
});

describe("a version in If-Match", () => {
  test("that is not the present one stops a deletion; the present one does not", async () => {
    const comment = (await say("Still here.", other)).headers.get("location") ?? "";
    const stale = { "if-match": '"an-older-version"' };
    for (const [address, by] of [
      [`${PHOTOS}/${photo}`, token],
      [comment, other],
    ] as const) {
      const refused = await world.send("DELETE", address, { token: by, headers: stale });
      expect([refused.status, refused.body.type]).toEqual([412, "/problems/precondition-failed"]);
    }
    expect(world.kept()).toMatchObject({ photos: 1, comments: 1 });
    const read = await world.send("GET", `${PHOTOS}/${photo}`, { token });
    const headers = { "if-match": read.headers.get("etag") ?? "" };
    expect((await world.send("DELETE", `${PHOTOS}/${photo}`, { token, headers })).status).toBe(204);
  });

  test("is refused where there is none: nothing is made, nothing is permitted", async () => {
    const headers = { "if-match": '"any-version"' };
    const said = await world.send("POST", `${COMMENTS}/${photo}`, {
      token,
      headers,
      body: { text: "No." },
    });
    expect(said.status).toBe(412);
    const picture = samplePicture("gif");
    const made = await world.post(PHOTOS, picture, { token, type: "image/gif", headers });
    expect(made.status).toBe(412);
    const body = { contentType: "image/gif", sizeBytes: 10 };
    const leave = await world.send("POST", "/photos/api/uploads", { token, headers, body });
    expect(leave.status).toBe(412);
    expect(world.kept()).toMatchObject({ photos: 1, comments: 0 });
  });
});

test("who listens is told that something changed, and of which photo", async () => {
  const request = new Request("http://region.example/photos/api/events", {
    headers: { authorization: `Bearer ${token}` },
  });
  const stream = await world.api.fetch(request);
  expect(stream.headers.get("content-type")).toBe("text/event-stream");
  const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
  let heard = "";
  const hears = async (text: string) => {
    while (!heard.includes(text)) {
      const { done, value } = (await reader?.read()) ?? { done: true, value: "" };
      if (done) throw new Error(`the stream ended after ${heard}`);
      heard += value;
    }
  };
  await hears("retry:");
  await say("Listen!");
  await hears(`"comments":["${photo}"]}\n\n`);
  await world.post(PHOTOS, samplePicture("png"), { token, type: "image/png" });
  await hears('{"photos":true,"comments":[]}\n\n');
  world.api.close();
  expect((await reader?.read())?.done).toBe(true);
  expect((await world.send("GET", "/photos/api/events")).status).toBe(401);
});
