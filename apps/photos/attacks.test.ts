import { createHash } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { ATTACKS } from "../../layers/images/testing/attacks.ts";
import { samplePicture } from "../../layers/images/testing/samples.ts";
import { UPLOAD_LIMIT_BYTES } from "./model/photo.ts";
import { createPhotoWorld, PHOTOS, type PhotoWorld, UPLOADS } from "./testing/photo-world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const sha256 = () => createHash("sha256");
const NOTHING = { photos: 0, comments: 0, names: 0 };
const picture = samplePicture("png");

let world: PhotoWorld;
let token: string;

beforeEach(async () => {
  world = createPhotoWorld(sha256, digest);
  token = (await world.signUp("visitor")).accessToken;
});

async function uploaded(bytes: Uint8Array, contentType: string): Promise<string> {
  const body = { contentType, sizeBytes: bytes.length };
  const leave = await world.send("POST", UPLOADS, { token, body });
  const { id, url } = leave.body;
  await world.post(url, bytes, { method: "PUT", type: contentType });
  return id;
}

const isLarge = (code: string) => code === "too-many-pixels" || code === "too-many-bytes";

test.each(ATTACKS.filter(({ bytes }) => bytes.length > 0))(
  "$name: refused whichever way it comes, and nothing of it is kept",
  async ({ bytes, declaredType = "application/octet-stream", code, says }) => {
    const expected = isLarge(code) ? [413, "too-large"] : [422, "image-refused"];
    const type = /^image\//.test(declaredType) ? declaredType : "application/octet-stream";
    const form = new FormData();
    form.set(
      "file",
      new File([bytes as Uint8Array<ArrayBuffer>], "holiday.jpg", { type: declaredType }),
    );
    const upload = declaredType === type ? await uploaded(bytes, type) : undefined;
    const answers = [
      await world.post(PHOTOS, form, { token }),
      ...(upload === undefined
        ? []
        : [
            await world.post(PHOTOS, bytes, { token, type }),
            await world.send("POST", PHOTOS, { token, body: { upload, title: "x" } }),
          ]),
    ];
    for (const { status, body } of answers) {
      expect([status, body.code, body.reason]).toEqual([...expected, code]);
      expect(body.detail).toMatch(says);
    }
    expect(world.kept()).toEqual(NOTHING);
  },
);

const file = (name: string) =>
  new File([picture as Uint8Array<ArrayBuffer>], name, { type: "image/png" });
const formOf = (fields: Readonly<Record<string, string | File>>): FormData => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
};

/** A field of its own: what JSON calls `__proto__`. */
const PROTOTYPE: Readonly<Record<string, string>> = JSON.parse('{"__proto__":"x"}');

test.each([
  ["a file name with a folder", { file: file("../../etc/cron.d/job.png") }, 400, /no folder/],
  ["a file name of another system", { file: file("..\\..\\boot.png") }, 400, /no folder/],
  [
    "a title of 121 characters",
    { file: file("a.png"), title: "x".repeat(121) },
    400,
    /at most 120/,
  ],
  ["a title of spaces", { file: file("a.png"), title: "   " }, 400, /at least 1/],
  ["a title of two lines", { file: file("a.png"), title: "one\ntwo" }, 400, /one line/],
  ["a title of two paragraphs", { file: file("a.png"), title: "one\u2029two" }, 400, /one line/],
  ["an owner", { file: file("a.png"), owner: "somebody" }, 400, /not known/],
  ["a prototype", { file: file("a.png"), ...PROTOTYPE }, 400, /not known/],
  ["a date", { file: file("a.png"), createdOn: "2020-01-01" }, 400, /not known/],
  ["no file", { title: "x" }, 400, /no file/],
  ["two files", { file: file("a.png"), more: file("b.png") }, 400, /two files/],
])("a form with %s is refused with what is wrong, and nothing is kept", async (...row) => {
  const [, fields, status, says] = row;
  const answer = await world.post(PHOTOS, formOf(fields), { token });
  expect([answer.status, answer.body.detail]).toEqual([status, expect.stringMatching(says)]);
  expect(world.kept()).toEqual(NOTHING);
});

test.each([
  ["an upload that climbs", { upload: "../../pictures", title: "x" }, 400],
  ["no title", { upload: "u1" }, 400],
  ["a digest that is none", { upload: "u1", title: "x", digest: "abc" }, 400],
  ["an upload that never arrived", { upload: "u1", title: "x" }, 409],
  ["a field that nobody knows", { upload: "u1", title: "x", owner: "me" }, 400],
])("a request with %s is refused", async (_, body, status) => {
  const answer = await world.send("POST", PHOTOS, { token, body });
  expect(answer.status).toBe(status);
  expect(world.kept()).toEqual(NOTHING);
});

test("a digest that is another's is refused, and the upload is taken away", async () => {
  const upload = await uploaded(picture, "image/png");
  const body = { upload, title: "x", digest: sha256().update("other").digest("hex") };
  const answer = await world.send("POST", PHOTOS, { token, body });
  expect([answer.status, answer.body.code]).toEqual([422, "digest-mismatch"]);
  const told = await world.post(PHOTOS, picture, {
    token,
    type: "image/png",
    headers: { "content-digest": `sha-256=:${Buffer.alloc(32).toString("base64")}:` },
  });
  expect([told.status, told.body.code]).toEqual([422, "digest-mismatch"]);
  expect(world.kept()).toEqual(NOTHING);
});

test("more bytes than are taken are refused before they are read", async () => {
  const body = { contentType: "image/png", sizeBytes: UPLOAD_LIMIT_BYTES + 1 };
  const leave = await world.send("POST", UPLOADS, { token, body });
  expect([leave.status, leave.body.limitBytes]).toEqual([413, UPLOAD_LIMIT_BYTES]);
  let sent = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      sent += 2 ** 20;
      controller.enqueue(new Uint8Array(2 ** 20));
    },
  });
  const request = new Request(`http://region.example${PHOTOS}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "image/png" },
    body: endless,
    duplex: "half",
  } as RequestInit);
  const answer = await world.api.fetch(request);
  expect(answer.status).toBe(413);
  expect(sent).toBeLessThan(UPLOAD_LIMIT_BYTES + 4 * 2 ** 20);
  expect(world.kept()).toEqual(NOTHING);
});
