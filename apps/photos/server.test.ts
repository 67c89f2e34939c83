import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { IMAGE_FORMATS } from "../../layers/images/port.ts";
import { ODDITIES } from "../../layers/images/testing/oddities.ts";
import { samplePicture } from "../../layers/images/testing/samples.ts";
import { definePhotosApp } from "./server.ts";
import { createPhotoWorld, PHOTOS, type PhotoWorld, UPLOADS } from "./testing/photo-world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const sha256 = () => createHash("sha256");
const hexOf = (bytes: Uint8Array) => sha256().update(bytes).digest("hex");
const picture = samplePicture("jpeg");

let world: PhotoWorld;
let token: string;

beforeEach(async () => {
  world = createPhotoWorld(sha256, digest);
  token = (await world.signUp("visitor")).accessToken;
});

/** Leave, bytes, photo. */
async function upload(bytes: Uint8Array, key: string, type = "image/jpeg", title = "A photo") {
  const headers = { "idempotency-key": `${key}-upload` };
  const body = { contentType: type, sizeBytes: bytes.length };
  const leave = await world.send("POST", UPLOADS, { token, body, headers });
  expect(leave.status, JSON.stringify(leave.body)).toBe(201);
  const { id, url, method } = leave.body;
  const sent = await world.post(url, bytes, { method, type: leave.body.headers["content-type"] });
  expect(sent.status, JSON.stringify(sent.body)).toBe(201);
  return { upload: id as string, title };
}

const make = (body: object, key: string) =>
  world.send("POST", PHOTOS, { token, body, headers: { "idempotency-key": key } });

describe("uploading", () => {
  test.each(IMAGE_FORMATS)(
    "%s: leave, bytes, photo, and its picture in each size",
    async (format) => {
      const type = `image/${format}`;
      const made = await make(await upload(samplePicture(format), "k", type), "k");
      expect(made.status).toBe(201);
      expect(made.body).toEqual({
        id: expect.any(String),
        title: "A photo",
        altText: "",
        owner: "visitor",
        createdOn: "2026-03-01T00:00:00.000Z",
        contentType: type,
        sizeBytes: expect.any(Number),
        width: 48,
        height: 32,
        placeholder: expect.stringMatching(/^data:image/),
        replicationStatus: "travelling",
      });
      const address = made.headers.get("location") ?? "";
      expect(address).toBe(`${PHOTOS}/${made.body.id}`);
      expect(made.headers.get("understudy-receipt")).toBeTruthy();
      const found = await world.send("GET", address, { token });
      expect(found.body).toEqual({ ...made.body, replicationStatus: "complete" });
      for (const size of ["thumb", "large", "full"]) {
        const image = await world.send("GET", `${address}/image?size=${size}`, { token });
        expect(image.status).toBe(200);
        expect(image.body).toContain(`${size} of ${format}`);
        expect(image.headers.get("cache-control")).toMatch(/private.*immutable/);
        expect(image.headers.get("content-type")).toBe(size === "full" ? type : "image/webp");
        expect(image.headers.get("content-security-policy")).toMatch(/sandbox/);
      }
      // One photo, the names of its three sizes, and nothing of the upload.
      expect(world.kept()).toEqual({ photos: 1, comments: 0, names: 3 });
    },
  );

  test.each(ODDITIES)("$name is taken", async ({ bytes, declaredType, format }) => {
    const type = declaredType ?? "application/octet-stream";
    const made = await world.post(PHOTOS, bytes, { token, type });
    expect([made.status, made.body.contentType]).toEqual([201, `image/${format}`]);
  });

  test("each step repeated with its key is one photo, and the same one", async () => {
    const body = await upload(picture, "k");
    expect(await upload(picture, "k")).toEqual(body);
    const first = await make(body, "k");
    const second = await make(body, "k");
    expect(second.status).toBe(201);
    expect(second.body).toEqual(first.body);
    expect(second.headers.get("idempotency-replayed")).toBe("true");
    expect(world.kept().photos).toBe(1);
    expect((await make({ ...body, title: "Another" }, "k")).status).toBe(422);
  });

  test("two requests with one key at once are one photo", async () => {
    const body = await upload(picture, "k");
    const all = await Promise.all([make(body, "k"), make(body, "k"), make(body, "k")]);
    expect(new Set(all.map((sent) => `${sent.status} ${sent.body.id}`)).size).toBe(1);
    expect(world.kept().photos).toBe(1);
  });

  test("an answer that is lost is found again by the retry, whether it was written or not", async () => {
    for (const lose of ["before", "after"] as const) {
      const body = await upload(picture, lose);
      world.store("photos").loseNextAnswer = lose;
      const lost = await make(body, lose);
      expect(lost.status).toBe(504);
      expect((await make(body, lose)).status).toBe(201);
    }
    expect(world.kept().photos).toBe(2);
  });

  test("while the app is fenced nothing is taken, and afterwards the same request is", async () => {
    const body = await upload(picture, "k");
    world.store("photos").gate = "fenced";
    expect((await make(body, "k")).status).toBe(503);
    expect(world.kept().photos).toBe(0);
    world.store("photos").gate = "open";
    expect((await make(body, "k")).status).toBe(201);
  });

  test("of a form takes its file and captions, and names a photo after its file", async () => {
    const form = new FormData();
    form.set(
      "file",
      new File([picture as Uint8Array<ArrayBuffer>], "at_the lake.JPG", { type: "image/jpeg" }),
    );
    form.set("altText", "A lake at dawn");
    const made = await world.post(PHOTOS, form, { token });
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ title: "at the lake", altText: "A lake at dawn" });
  });

  test.each([
    ["a bare file name", "name=file; filename=lake.jpg", "lake"],
    [
      "an extended file name",
      "name=\"file\"; filename*=UTF-8''See%20am%20%C3%9Cbergang.jpg",
      "See am Übergang",
    ],
    ["no file name", "name=file", "Untitled"],
  ])("of a form with %s and a preamble takes its file", async (_, parameters, title) => {
    const head = `Made by hand.\r\n--x\r\nContent-Disposition: form-data; ${parameters}\r\n`;
    const body = Buffer.concat([
      Buffer.from(`${head}Content-Type: image/jpeg\r\n\r\n`),
      picture,
      Buffer.from("\r\n--x--"),
    ]);
    const made = await world.post(PHOTOS, body, { token, type: "multipart/form-data; boundary=x" });
    expect([made.status, made.body.title]).toEqual([201, title]);
  });

  test("that is compressed is refused, whatever way it comes", async () => {
    const headers = { "content-encoding": "gzip" };
    for (const type of ["image/jpeg", "multipart/form-data; boundary=x", "application/json"]) {
      const refused = await world.post(PHOTOS, picture, { token, type, headers });
      expect([type, refused.status]).toEqual([type, 415]);
    }
  });

  test.each([
    [
      "a caption twice",
      [
        ["title", "a"],
        ["title", "b"],
      ],
      /names title twice/,
    ],
    ["an object's own name", [["__proto__", "a"]], /__proto__/],
  ])("that says %s is refused, by form and by query", async (_, fields, detail) => {
    const form = new FormData();
    form.set("file", new File([picture as Uint8Array<ArrayBuffer>], "a.jpg"));
    for (const [name = "", value = ""] of fields) form.append(name, value);
    const path = `${PHOTOS}?${new URLSearchParams(fields)}`;
    for (const refused of [
      await world.post(PHOTOS, form, { token }),
      await world.post(path, picture, { token, type: "image/jpeg" }),
    ]) {
      expect([refused.status, refused.body.detail]).toEqual([400, expect.stringMatching(detail)]);
    }
    expect(world.kept().photos).toBe(0);
  });

  test("in another encoding is refused as a type that is not read", async () => {
    const send = (encoding: string) => {
      const headers = { "content-encoding": encoding };
      return world.post(PHOTOS, picture, { token, type: "image/jpeg", headers });
    };
    expect((await send("gzip")).status).toBe(415);
    expect((await send("Identity")).status).toBe(201);
  });

  test("of the picture as the body takes captions from the query", async () => {
    const path = `${PHOTOS}?title=${encodeURIComponent("Mäuse im Schnee")}`;
    const made = await world.post(path, picture, { token, type: "image/jpeg" });
    expect(made.status).toBe(201);
    expect(made.body.title).toBe("Mäuse im Schnee");
    const bare = await world.post(PHOTOS, samplePicture("gif"), { token, type: "image/gif" });
    expect(bare.body.title).toBe("Untitled");
    const again = { "idempotency-key": "b" };
    const first = await world.post(path, picture, { token, type: "image/jpeg", headers: again });
    const second = await world.post(path, picture, { token, type: "image/jpeg", headers: again });
    expect(second.body).toEqual(first.body);
    const other = samplePicture("png");
    const third = await world.post(path, other, { token, type: "image/png", headers: again });
    expect(third.status).toBe(422);
  });

  test("needs a session, leaves others' uploads alone, and says who has to send bytes first", async () => {
    const body = await upload(picture, "k");
    expect((await world.send("POST", PHOTOS, { body })).status).toBe(401);
    expect((await world.send("POST", UPLOADS, { body: {} })).status).toBe(401);
    token = (await world.signUp("stranger")).accessToken;
    const foreign = await make(body, "x");
    expect([foreign.status, foreign.body.code]).toEqual([409, "upload-missing"]);
    expect(world.kept().photos).toBe(0);
  });

  test("is of the size and type that leave was given for, and its address cannot be bent", async () => {
    const body = { contentType: "image/jpeg", sizeBytes: picture.length };
    const { url } = (await world.send("POST", UPLOADS, { token, body })).body;
    const put = (path: string, bytes: Uint8Array, type = "image/jpeg", headers = {}) =>
      world.post(path, bytes, { method: "PUT", type, headers });
    expect((await put(url, new Uint8Array(picture.length + 1))).status).toBe(413);
    expect((await put(url, picture, "image/svg+xml")).status).toBe(415);
    expect((await put(url.replace("/uploads/", "/pictures/"), picture)).status).toBe(403);
    expect((await put(url.replace(/uploads\/[^?]*/, "uploads/../x"), picture)).status).not.toBe(
      201,
    );
    const wrong = Buffer.from(hexOf(samplePicture("gif")), "hex").toString("base64");
    const told = await put(url, picture, "image/jpeg", { "content-digest": `sha-256=:${wrong}:` });
    expect([told.status, told.body.code]).toEqual([422, "digest-mismatch"]);
    expect(world.kept().names).toBe(0);
    world.advance(3_600_000);
    expect((await put(url, picture)).status).toBe(403);
  });

  test("stops at a number of uploads that become no photos", async () => {
    for (let count = 0; count < 100; count++) await upload(picture, `k${count}`);
    const body = { contentType: "image/jpeg", sizeBytes: 10 };
    expect((await world.send("POST", UPLOADS, { token, body })).status).toBe(429);
  });
});

describe("the gallery", () => {
  const ids = (sent: { body: { items: { id: string }[] } }) => sent.body.items.map(({ id }) => id);
  const made: string[] = [];
  const add = async (title: string) => {
    const path = `${PHOTOS}?title=${title}`;
    const { body } = await world.post(path, picture, { token, type: "image/jpeg" });
    world.advance(1);
    made.unshift(body.id);
    return body.id as string;
  };

  beforeEach(async () => {
    made.length = 0;
    for (let count = 0; count < 25; count++) await add(`photo-${count}`);
  });

  test("is newest first, and its next page stays right while photos arrive and go", async () => {
    const first = await world.send("GET", `${PHOTOS}?limit=10`, { token });
    expect(ids(first)).toEqual(made.slice(0, 10));
    const before = [...made];
    await add("arrived meanwhile");
    await world.send("DELETE", `${PHOTOS}/${before[10]}`, { token });
    const cursor = encodeURIComponent(first.body.cursor);
    const second = await world.send("GET", `${PHOTOS}?limit=10&cursor=${cursor}`, { token });
    expect(ids(second)).toEqual(before.slice(11, 21));
  });

  test("also ends where its cursor's own photo was deleted", async () => {
    const first = await world.send("GET", `${PHOTOS}?limit=20`, { token });
    const cursor = encodeURIComponent(first.body.cursor);
    const second = await world.send("GET", `${PHOTOS}?limit=20&cursor=${cursor}`, { token });
    expect(ids(second)).toEqual(made.slice(20));
    expect(second.body.cursor).toBeUndefined();
  });

  test("of one person is theirs alone", async () => {
    token = (await world.signUp("stranger")).accessToken;
    const theirs = await add("strange");
    expect(ids(await world.send("GET", `${PHOTOS}?owner=stranger`, { token }))).toEqual([theirs]);
    expect((await world.send("GET", `${PHOTOS}?owner=nobody`, { token })).body.items).toEqual([]);
  });

  test("needs a session, and refuses a query that means nothing here", async () => {
    expect((await world.send("GET", PHOTOS)).status).toBe(401);
    for (const query of ["?limit=0", "?limit=101", "?cursor=nonsense", "?colour=red"]) {
      expect((await world.send("GET", PHOTOS + query, { token })).status, query).toBe(400);
    }
  });
});

describe("a picture", () => {
  let address: string;
  beforeEach(async () => {
    const { headers } = await world.post(PHOTOS, picture, { token, type: "image/jpeg" });
    address = `${headers.get("location")}/image?size=full`;
  });

  test("is not sent again to whoever has it, and in parts to whoever asks for them", async () => {
    const whole = await world.send("GET", address, { token });
    const etag = whole.headers.get("etag") ?? "";
    const same = await world.send("GET", address, { token, headers: { "if-none-match": etag } });
    expect([same.status, same.body]).toEqual([304, ""]);
    const part = await world.send("GET", address, { token, headers: { range: "bytes=5-9" } });
    expect([part.status, part.body]).toEqual([206, whole.body.slice(5, 10)]);
    const beyond = await world.send("GET", address, { token, headers: { range: "bytes=9999-" } });
    expect([beyond.status, beyond.body.code]).toEqual([416, "range-not-satisfiable"]);
  });

  test("needs a session, a size that exists, and a photo that does", async () => {
    expect((await world.send("GET", address)).status).toBe(401);
    expect((await world.send("GET", address.replace("full", "huge"), { token })).status).toBe(400);
    expect((await world.send("GET", `${PHOTOS}/none/image`, { token })).status).toBe(404);
    expect((await world.send("GET", `${PHOTOS}/..%2F..%2Fetc/image`, { token })).status).toBe(400);
  });
});

test("limits that are no limits are refused when the config is read", () => {
  for (const uploadLimitBytes of [0, -1, 1.5, Number.NaN]) {
    expect(() => definePhotosApp({ uploadLimitBytes })).toThrow(/uploadLimitBytes/);
  }
  expect(definePhotosApp({ drawLimitMs: 5_000 }).id).toBe("photos");
});
