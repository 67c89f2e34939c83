import { expect, test } from "vitest";
import { createUrlSigner, type SignedAddress } from "./signed-url.ts";

const signer = createUrlSigner("photos", "a deployment's secret of 32 characters or more");
const address: SignedAddress = {
  method: "PUT",
  bucket: "uploads",
  key: "sommer/ü 1.jpg",
  expires: 2_000,
  contentType: "image/jpeg",
  limitBytes: 1_000,
  keep: 9_000,
};

const check = (path: string, method: "GET" | "PUT" = "PUT", now = 1_000) => {
  const url = new URL(path, "http://region.test");
  return signer.check(method, url.pathname, url.searchParams, now);
};

test("an address says what was signed, until it expires", async () => {
  const path = await signer.sign(address);
  expect(path.startsWith("/photos/objects/uploads/sommer/")).toBe(true);
  expect(await check(path)).toEqual(address);
  expect(await check(path, "PUT", 1_999.9)).toEqual(address);
  expect(await check(path, "PUT", 2_000)).toBe("expired");
});

test("any change of an address makes it worthless", async () => {
  const path = await signer.sign(address);
  const changes: readonly (readonly [string, string])[] = [
    ["/uploads/", "/pictures/"],
    ["sommer", "winter"],
    ["expires=2000", "expires=3000"],
    ["size=1000", "size=1001"],
    ["size=1000&", ""],
    ["image%2Fjpeg", "image%2Fpng"],
    ["keep=9000", "keep=9001"],
    ["/photos/", "/tickets/"],
  ];
  for (const [from, to] of changes) {
    expect(path).toContain(from);
    expect(await check(path.replace(from, to))).toBeUndefined();
  }
  expect(await check(path, "GET")).toBeUndefined();
  const last = path.at(-1) === "0" ? "1" : "0";
  expect(await check(path.slice(0, -1) + last)).toBeUndefined();
  expect(await check(path.replace(/&signature=.*/, ""))).toBeUndefined();
});

test("an address of another deployment is worth nothing here", async () => {
  const other = createUrlSigner("photos", "another deployment's secret, as long as the first");
  expect(await check(await other.sign(address))).toBeUndefined();
});

test("an address that climbs out of its bucket was never signed by us", async () => {
  const path = await signer.sign({ ...address, key: "../../identity/keys" });
  expect(await check(path)).toBeUndefined();
});
