import { createHash } from "node:crypto";
import { beforeEach, expect, test } from "vitest";
import { createMemoryKeyValueStore } from "../../key-value/memory-store.ts";
import { createMemoryByteStore } from "../../objects/memory-bytes.ts";
import { createAppApi } from "../app-api.ts";
import { type AppContext, defineApp } from "../define-app.ts";
import { createWorld, type World } from "../testing/world.ts";
import type { AppObjects } from "./app-objects.ts";
import { objectTable } from "./object-table.ts";

const app = defineApp({
  id: "vault",
  mode: "active-passive",
  durability: "replicated",
  objectives: { rtoMs: 1000, rpoMs: 0 },
  tables: [],
  buckets: ["files"],
  api: (context: AppContext) => createAppApi(context),
});

const digestOf = (text: string): string => createHash("sha256").update(text).digest("base64url");
const bytes = Buffer.from(Array.from({ length: 1000 }, (_, at) => at % 251));
const sha256 = createHash("sha256").update(bytes).digest();
const PNG = "image/png";

let world: World;
let objects: AppObjects;

beforeEach(() => {
  const region = "eu-west-1";
  const store = createMemoryByteStore({ region, sha256: () => createHash("sha256") });
  const nowMs = Date.parse("2026-03-01T00:00:00Z");
  const tables = [objectTable];
  const rows = createMemoryKeyValueStore({ app: "vault", tables, region, now: () => nowMs });
  world = createWorld({
    apps: [app],
    digest: digestOf,
    storeFor: ({ id }) => (id === "vault" ? rows : (undefined as never)),
    more: { bytesOf: () => store },
  });
  objects = world.api.contextOf("vault").objects;
});

const send = (method: string, path: string, headers = {}, body?: Uint8Array) =>
  world.api.fetch(
    new Request(`http://region.example${path}`, {
      method,
      headers,
      ...(body && { body }),
    } as never),
  );

const address = async (limitBytes = 2000) =>
  (await objects.signUpload("files", "a.png", { contentType: PNG, limitBytes })).url;

async function uploaded(): Promise<string> {
  const response = await send("PUT", await address(), { "content-type": PNG }, bytes);
  expect(response.status).toBe(201);
  return objects.signDownload("files", "a.png");
}

test("what is put to a signed address is read from one, whole", async () => {
  const put = await send("PUT", await address(), { "content-type": PNG }, bytes);
  expect(put.status).toBe(201);
  expect(put.headers.get("understudy-receipt")).not.toBeNull();
  const hex = sha256.toString("hex");
  expect(await put.json()).toMatchObject({ key: "a.png", digest: hex, sizeBytes: 1000 });
  const got = await send("GET", await objects.signDownload("files", "a.png"));
  expect(got.status).toBe(200);
  expect(got.headers.get("content-type")).toBe(PNG);
  expect(got.headers.get("content-length")).toBe("1000");
  expect(got.headers.get("etag")).toBe(`"${hex}"`);
  expect(got.headers.get("x-content-type-options")).toBe("nosniff");
  expect(got.headers.get("content-security-policy")).toContain("sandbox");
  expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
});

test("ranges, conditions and HEAD are answered as a web server would", async () => {
  const url = await uploaded();
  const etag = `"${sha256.toString("hex")}"`;
  const part = await send("GET", url, { range: "bytes=10-19" });
  expect([part.status, part.headers.get("content-range")]).toEqual([206, "bytes 10-19/1000"]);
  expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20))).toBe(true);
  const beyond = await send("GET", url, { range: "bytes=1000-" });
  expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, "bytes */1000"]);
  const other = await send("GET", url, { range: "bytes=10-19", "if-range": '"another"' });
  expect(other.status).toBe(200);
  const same = await send("GET", url, { "if-none-match": `"x", W/${etag}` });
  expect([same.status, await same.text()]).toEqual([304, ""]);
  const head = await send("HEAD", url);
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
    200,
    "1000",
    "",
  ]);
});

test("a browser saves a file under the name that was signed", async () => {
  await uploaded();
  const url = await objects.signDownload("files", "a.png", { fileName: 'Ferien "1".png' });
  const got = await send("GET", url);
  const header = got.headers.get("content-disposition");
  expect(header).toContain('filename="Ferien _1_.png"');
  expect(header).toContain("filename*=UTF-8''Ferien%20%221%22.png");
});

test.each([
  ["of another type", { "content-type": "text/html" }, 415, "wrong-content-type"],
  ["of no type", {}, 415, "wrong-content-type"],
  ["in another encoding", { "content-encoding": "gzip" }, 415, "wrong-content-type"],
  ["that are a part", { "content-range": "bytes 0-9/99" }, 400, "invalid-header"],
  ["with a digest that is none", { "content-digest": "sha-256=:abc:" }, 400, "invalid-header"],
  [
    "of another digest",
    { "content-digest": `sha-256=:${Buffer.alloc(32).toString("base64")}:` },
    422,
    "digest-mismatch",
  ],
])("bytes %s are refused, and nothing is kept", async (_, headers, status, code) => {
  const type =
    "content-type" in headers || Object.keys(headers).length === 0 ? {} : { "content-type": PNG };
  const response = await send("PUT", await address(), { ...type, ...headers }, bytes);
  expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
    status,
    code,
  ]);
  expect(await objects.head("files", "a.png")).toEqual({ kind: "ok", value: undefined });
});

test("more bytes than were permitted are refused, declared or not", async () => {
  const declared = { "content-type": PNG, "content-length": "1000" };
  for (const headers of [declared, { "content-type": PNG }]) {
    const response = await send("PUT", await address(999), headers, bytes);
    expect(response.status).toBe(413);
  }
  expect(await objects.head("files", "a.png")).toEqual({ kind: "ok", value: undefined });
});

test("an address that was changed or has expired permits nothing", async () => {
  const url = await uploaded();
  const refused = async (path: string, method = "GET") => (await send(method, path)).status;
  expect(await refused(url.replace("a.png", "b.png"))).toBe(403);
  expect(await refused(url, "PUT")).toBe(403);
  expect(await refused("/vault/objects/files/a.png")).toBe(403);
  world.advance(901_000);
  expect(await refused(url)).toBe(403);
});

test("a region that does not serve says where, before it reads a byte", async () => {
  const url = await address();
  world.routing.set("vault", { holdsLease: false, servingRegions: ["ap-southeast-1"] });
  const response = await send("PUT", url, { "content-type": PNG }, bytes);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({
    code: "not-serving",
    servingRegion: "ap-southeast-1",
  });
});

test("the digest a client sends is compared, and the right one is taken", async () => {
  const headers = {
    "content-type": PNG,
    "content-digest": `sha-256=:${sha256.toString("base64")}:`,
  };
  expect((await send("PUT", await address(), headers, bytes)).status).toBe(201);
});

test("a compressed body is refused, and not kept as what it is not", async () => {
  for (const encoding of ["gzip", "br, gzip"]) {
    const headers = { "content-type": PNG, "content-encoding": encoding };
    const answer = await send("PUT", await address(), headers, bytes);
    expect([encoding, answer.status]).toEqual([encoding, 415]);
    expect(await objects.head("files", "a.png")).toMatchObject({ kind: "ok", value: undefined });
  }
  const headers = { "content-type": PNG, "content-encoding": "Identity" };
  expect((await send("PUT", await address(), headers, bytes)).status).toBe(201);
});

test("an app without buckets that uses objects is told what to do", () => {
  expect(() => world.api.contextOf("identity").objects.stage(bytes)).toThrow("no objects");
});

test("a condition on what has the name by now stops a put, and leaves it as it is", async () => {
  const path = await uploaded();
  const etag = (await send("GET", path)).headers.get("etag") ?? "";
  const other = Buffer.from("other bytes");
  const put = async (conditions: Record<string, string>) =>
    (await send("PUT", await address(), { "content-type": PNG, ...conditions }, other)).status;
  expect(await put({ "if-match": `"${"0".repeat(64)}"` })).toBe(412);
  expect(await put({ "if-none-match": "*" })).toBe(412);
  expect(await put({ "if-match": "unquoted" })).toBe(400);
  expect((await send("GET", path)).headers.get("etag")).toBe(etag);
  expect(await put({ "if-match": etag })).toBe(201);
  expect(await put({ "if-match": etag })).toBe(412);
  expect(await put({ "if-match": "*" })).toBe(201);
  await objects.remove("files", "a.png");
  expect(await put({ "if-match": "*" })).toBe(412);
  expect(await put({ "if-none-match": "*" })).toBe(201);
});
