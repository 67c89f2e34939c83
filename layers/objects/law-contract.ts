/** What the laws of objects are written with: short forms of calls, and checks. *contract* */
import { assert } from "../../base/assert.ts";
import type { ObjectLaw, ObjectNeed, ObjectRegion, ObjectSetup } from "./contract.ts";
import type {
  Body,
  ByteRange,
  Listing,
  ObjectInfo,
  ObjectReadOutcome,
  ObjectStore,
  ObjectWriteCode,
  ObjectWriteOutcome,
  PutOptions,
} from "./port.ts";

export const law = (
  name: string,
  needs: ObjectNeed | readonly ObjectNeed[],
  check: ObjectLaw["check"],
): ObjectLaw => ({ name, needs: typeof needs === "string" ? [needs] : needs, check });

export function same(actual: unknown, expected: unknown, what: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  assert(left === right, `${what}: got ${left}, expected ${right}`);
}

export function regionAt({ regions }: ObjectSetup, at: number): ObjectRegion {
  const region = regions[at];
  assert(region !== undefined, `the setup has no region ${at}`);
  return region;
}

export const first = (setup: ObjectSetup): ObjectStore => regionAt(setup, 0).objects;
export const other = (setup: ObjectSetup): ObjectStore => regionAt(setup, 1).objects;

/** Bytes that differ from place to place; the same for the same seed. */
export function content(sizeBytes: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let state = seed * 2654435761;
  for (let at = 0; at < sizeBytes; at++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

/** A body in chunks; `fails` throws after the last of them. */
export async function* chunked(
  bytes: Uint8Array,
  size: number,
  fails = false,
): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  if (fails) throw new Error("the sender is gone");
}

export const PNG = { contentType: "image/png" } as const;

export async function done<Value>(outcome: Promise<ObjectWriteOutcome<Value>>): Promise<Value> {
  const end = await outcome;
  assert(end.kind === "ok", `it should succeed: ${JSON.stringify(end)}`);
  return end.value;
}

export async function refused(
  outcome: Promise<ObjectWriteOutcome<unknown>>,
  ...codes: readonly ObjectWriteCode[]
): Promise<void> {
  const end = await outcome;
  const isRefused = end.kind === "failed" && codes.includes(end.code);
  assert(isRefused, `it should fail with ${codes.join(" or ")}: ${JSON.stringify(end)}`);
  assert(end.reason.length > 0, "a refusal names its reason");
}

export async function read<Value>(outcome: Promise<ObjectReadOutcome<Value>>): Promise<Value> {
  const end = await outcome;
  assert(end.kind === "ok", `a read should succeed: ${JSON.stringify(end)}`);
  return end.value;
}

export const put = (
  store: ObjectStore,
  key: string,
  body: Body,
  options: Partial<PutOptions> = {},
) => done(store.put("pictures", key, body, { ...PNG, ...options }));

export const head = (
  store: ObjectStore,
  key: string,
  consistency: "leased" | "stale" = "leased",
): Promise<ObjectInfo | undefined> => read(store.head("pictures", key, { consistency }));

export async function drain(body: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of body) parts.push(part);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The object's bytes, or undefined where it has no row. */
export async function bytesOf(
  store: ObjectStore,
  key: string,
  options: { readonly range?: ByteRange; readonly consistency?: "leased" | "stale" } = {},
): Promise<Uint8Array | undefined> {
  const { range, consistency = "leased" } = options;
  const found = await read(store.get("pictures", key, range, { consistency }));
  return found === undefined ? undefined : drain(found.content.body);
}

export function sameBytes(
  actual: Uint8Array | undefined,
  expected: Uint8Array,
  what: string,
): void {
  assert(actual !== undefined, `${what}: nothing is there`);
  same(actual.length, expected.length, `${what}, length`);
  const at = actual.findIndex((byte, index) => byte !== expected[index]);
  assert(at < 0, `${what}: byte ${at} is another`);
}

export const list = (
  store: ObjectStore,
  options: Parameters<ObjectStore["list"]>[1] = {},
  bucket = "pictures",
): Promise<Listing> => read(store.list(bucket, options));

/** All pages, at most 100. */
export async function allKeys(
  store: ObjectStore,
  options: Parameters<ObjectStore["list"]>[1] = {},
  bucket = "pictures",
): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 100; page++) {
    const one = await list(store, cursor === undefined ? options : { ...options, cursor }, bucket);
    keys.push(...one.objects.map(({ key }) => key));
    if (one.cursor === undefined) return keys;
    cursor = one.cursor;
  }
  throw new Error("a listing has no end");
}

const stepMs = 50;
const patienceMs = 60_000;

/** Lets time pass until the check holds; for what may lag. */
export async function eventually(setup: ObjectSetup, check: () => Promise<void>): Promise<void> {
  for (let passedMs = 0; ; passedMs += stepMs) {
    try {
      return await check();
    } catch (error) {
      if (passedMs >= patienceMs) throw error;
    }
    await setup.advance(stepMs);
  }
}
