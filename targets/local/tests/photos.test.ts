/** Photos over two real regions: what was uploaded during a failover, and uploads that are killed. */

import { createHash } from "node:crypto";
import { request as httpRequest } from "node:http";
import { beforeEach, expect, test } from "vitest";
import { must } from "../../../base/assert.ts";
import { IMAGE_FORMATS, type ImageFormat, SIZES } from "../../../layers/images/port.ts";
import { samplePicture } from "../../../layers/images/testing/samples.ts";
import { ampleMs } from "./limits.ts";
import { A, B, type RealDeployment, useReal } from "./real-regions.ts";
import { ask, signUp, until } from "./region-client.ts";

const PHOTOS = "/photos/api/photos";
const real = useReal();
let deployment: RealDeployment;
let token = "";

beforeEach(async () => {
  deployment = await real.start();
  token = await signUp(await deployment.urlOf(A), "visitor");
  await until("photos are in sync everywhere", () => deployment.isSettled("photos"));
});

const settled = () => until("photos are in sync again", () => deployment.isSettled("photos"));

/** A title as a key: visible ASCII. */
const keyOf = (title: string): string => title.replaceAll(/\W+/g, "-");

async function leaveFor(url: string, bytes: Uint8Array, format: ImageFormat, key: string) {
  const answer = await ask(url, "/photos/api/uploads", {
    method: "POST",
    token,
    body: { contentType: `image/${format}`, sizeBytes: bytes.length },
    headers: { "idempotency-key": `${keyOf(key)}-upload` },
  });
  if (answer.status !== 201) throw new Error(`leave: ${JSON.stringify(answer.body)}`);
  return answer.body as { readonly id: string; readonly url: string };
}

async function put(url: string, path: string, bytes: Uint8Array, format: ImageFormat) {
  const response = await fetch(`${url}${path}`, {
    method: "PUT",
    headers: { "content-type": `image/${format}` },
    body: bytes as Uint8Array<ArrayBuffer>,
  });
  if (response.status !== 201) throw new Error(`bytes: ${await response.text()}`);
}

const name = (url: string, upload: string, key: string) =>
  ask(url, PHOTOS, {
    method: "POST",
    token,
    body: { upload, title: key },
    headers: { "idempotency-key": keyOf(key) },
    limitMs: ampleMs(30_000),
  });

/** Leave, bytes, photo; each as often as a region that is just taking over needs. */
async function upload(url: string, format: ImageFormat, key: string): Promise<string> {
  const bytes = samplePicture(format);
  let id = "";
  await until(`${key} is a photo`, async () => {
    const leave = await leaveFor(url, bytes, format, key);
    await put(url, leave.url, bytes, format);
    const made = await name(url, leave.id, key);
    if (made.status !== 201) throw new Error(JSON.stringify(made.body));
    id = made.body.id as string;
    return true;
  });
  return id;
}

/** The digest of what a region itself sends; its ETag has to be the same. */
async function digestsIn(url: string, id: string): Promise<readonly string[]> {
  return Promise.all(
    SIZES.map(async (size) => {
      const response = await fetch(`${url}${PHOTOS}/${id}/image?size=${size}`, {
        headers: { authorization: `Bearer ${token}` },
      });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (response.status !== 200) throw new Error(`${size}: ${response.status}`);
      expect(response.headers.get("understudy-bytes-from"), "the copy is its own").toBeNull();
      const digest = createHash("sha256").update(bytes).digest("hex");
      expect(response.headers.get("etag")).toBe(`"${digest}"`);
      return digest;
    }),
  );
}

const titlesIn = async (url: string): Promise<readonly string[]> => {
  const { body } = await ask(url, `${PHOTOS}?limit=100`, { token });
  return body.items.map(({ title }: { title: string }) => title);
};

test("photos uploaded in failover are in the primary after failback, byte for byte", async () => {
  const [a, b] = [await deployment.urlOf(A), await deployment.urlOf(B)];
  const before = await upload(a, "jpeg", "before");
  process.kill(await deployment.pidOf(A), "SIGKILL");
  await until("the other region serves", async () => {
    const view = await deployment.viewOf(B, "photos");
    return view?.holdsLease === true && view.state === "failover";
  });
  const ids = [before];
  for (const format of IMAGE_FORMATS) ids.push(await upload(b, format, `in failover: ${format}`));
  const gone = await upload(b, "gif", "in failover, and deleted");
  const deleted = await ask(b, `${PHOTOS}/${gone}`, { method: "DELETE", token });
  expect(deleted.status).toBe(204);
  await deployment.fault("restart", [A]);
  await settled();
  await until("photos are served by the primary again", async () => {
    const answer = await deployment.command(A, "photos", "failback");
    return answer.status === 200 && answer.body.state === "active";
  });
  const again = await deployment.urlOf(A);
  const expected = await Promise.all(ids.map((id) => digestsIn(b, id)));
  await until("the primary has all the bytes itself", async () => {
    for (const [index, id] of ids.entries()) {
      const found = await digestsIn(again, id);
      if (JSON.stringify(found) !== JSON.stringify(expected[index])) return false;
    }
    return true;
  });
  expect(await titlesIn(again)).toEqual(await titlesIn(b));
  expect((await ask(again, `${PHOTOS}/${gone}`, { token })).status).toBe(404);
  const complete = await ask(again, `${PHOTOS}/${before}`, { token });
  expect(complete.body.replicationStatus).toBe("complete");
  // A busy machine may have moved it once more meanwhile: whoever serves takes the next one.
  const isHere = (await deployment.viewOf(A, "photos"))?.holdsLease === true;
  expect(await upload(isHere ? again : b, "webp", "after failback")).toBeTruthy();
});

test("a kill in the middle of an upload leaves nothing half-visible, and the retry is one photo", async () => {
  const [a, b] = [await deployment.urlOf(A), await deployment.urlOf(B)];
  const bytes = samplePicture("png");
  const cutOff = await leaveFor(a, bytes, "png", "cut off");
  const hanging = httpRequest(`${a}${cutOff.url}`, {
    method: "PUT",
    headers: { "content-type": "image/png", "content-length": bytes.length },
  });
  const broke = new Promise<void>((resolve) => hanging.once("error", () => resolve()));
  await new Promise<void>((resolve) => {
    hanging.write(bytes.subarray(0, 100), () => resolve());
  });
  // A second one has its bytes there, and is killed while it becomes a photo.
  const whole = await leaveFor(a, bytes, "png", "whole");
  await put(a, whole.url, bytes, "png");
  const lost = name(a, whole.id, "whole").catch(() => undefined);
  process.kill(await deployment.pidOf(A), "SIGKILL");
  await Promise.all([broke, lost]);
  await until("the other region serves", async () => {
    return (await deployment.viewOf(B, "photos"))?.holdsLease === true;
  });
  expect(await titlesIn(b)).not.toContain("cut off");
  // Its bytes were in both regions before the kill: nothing is sent again.
  let made = must(await name(b, whole.id, "whole"), "it answers");
  await until("the retry is a photo", async () => {
    made = await name(b, whole.id, "whole");
    return made.status === 201;
  });
  const missing = await name(b, cutOff.id, "cut off");
  expect([missing.status, missing.body.code]).toEqual([409, "upload-missing"]);
  await upload(b, "png", "cut off");
  await upload(b, "png", "cut off");
  await deployment.fault("restart", [A]);
  await settled();
  for (const region of [A, B]) {
    const titles = await titlesIn(await deployment.urlOf(region));
    expect([...titles].sort()).toEqual(["cut off", "whole"]);
  }
});
