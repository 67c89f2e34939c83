/** What each way to fail is told as, against an endpoint that a test scripts. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { afterEach, expect, test } from "vitest";
import { wallMs } from "../../../base/clock.ts";
import { OperatingError } from "../../../base/errors.ts";
import { createIds } from "../../../base/ids.ts";
import { createRng } from "../../../base/rng.ts";
import { contractTables, notes } from "../../../layers/key-value/contract.ts";
import { createDynamoClient, createDynamoKeyValueStore } from "./key-value.ts";
import { missingFrom, writeDynamoReceipt } from "./key-value-receipt.ts";

type Script = (response: ServerResponse, request: IncomingMessage) => void;

const region = "eu-west-1";
const cleanUps: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const clean of cleanUps.splice(0)) await clean();
});

const newId = createIds({ region, rng: createRng(7), wallNow: () => wallMs(Date.now()) });

function storeAt(endpoint: string, attemptMs: number, writeWithinMs = 400) {
  const credentials = { accessKeyId: "a", secretAccessKey: "b" };
  const client = createDynamoClient({ endpoint, region, credentials });
  cleanUps.push(() => client.destroy());
  const errors: OperatingError[] = [];
  const store = createDynamoKeyValueStore({
    client,
    prefix: "p",
    app: "a",
    region,
    tables: contractTables,
    newId,
    nowMs: Date.now,
    random: Math.random,
    onError: (error) => errors.push(error),
    attemptMs,
    writeWithinMs,
  });
  const write = () =>
    store.transact([{ kind: "put", table: notes, item: { owner: "a", id: "1" } }]);
  return { store, write, errors };
}

/** Answers the requests in the order of the script, the last one for all that follow. */
async function scripted(...script: readonly Script[]) {
  const tokens: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      tokens.push((JSON.parse(body) as { ClientRequestToken?: string }).ClientRequestToken ?? "");
      const step = script[Math.min(tokens.length, script.length) - 1];
      step?.(response, request);
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  cleanUps.push(
    () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  );
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  // Where nothing is silent, a busy machine must not make it so.
  const attemptMs = script.includes(silence) ? 800 : 20_000;
  const writeWithinMs = script.at(-1) === done ? 20_000 : 400;
  return { ...storeAt(`http://127.0.0.1:${port}`, attemptMs, writeWithinMs), tokens };
}

const answer =
  (status: number, body: object): Script =>
  (response) => {
    response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
    response.end(JSON.stringify(body));
  };
const fault = (status: number, name: string, more: object = {}) =>
  answer(status, { __type: `com.amazonaws.dynamodb.v20120810#${name}`, ...more });
const silence: Script = () => {};
const cut: Script = (response) => response.destroy();
const done = answer(200, {});
const cancelled = (...codes: readonly string[]) =>
  fault(400, "TransactionCanceledException", {
    CancellationReasons: codes.map((Code) => ({ Code })),
  });

const unknowns: readonly (readonly [what: string, script: readonly Script[]])[] = [
  ["never answered", [silence]],
  ["cut off after it was sent", [cut]],
  ["answered with a fault of the server", [fault(500, "InternalServerError")]],
  ["still at work", [fault(400, "TransactionInProgressException")]],
  [
    "refused only after an attempt without an answer",
    [silence, cancelled("ConditionalCheckFailed")],
  ],
  ["throttled only after an attempt that was cut off", [cut, fault(400, "ThrottlingException")]],
];

test.each(unknowns)("a write that was %s is unknown", async (_, script) => {
  const { write, errors } = await scripted(...script);
  expect((await write()).kind).toBe("unknown");
  expect(errors[0]).toBeInstanceOf(OperatingError);
  expect(errors[0]?.cause).toBeDefined();
});

const failures: readonly (readonly [what: string, code: string, script: readonly Script[]])[] = [
  ["throttled to the end", "unavailable", [fault(400, "ProvisionedThroughputExceededException")]],
  ["in conflict to the end", "unavailable", [cancelled("TransactionConflict")]],
  ["not allowed", "unavailable", [fault(400, "AccessDeniedException")]],
  ["against a condition", "condition-failed", [cancelled("ConditionalCheckFailed")]],
];

test.each(failures)("a write that was %s has failed", async (_, code, script) => {
  const { write } = await scripted(...script);
  expect(await write()).toMatchObject({ kind: "failed", code });
});

test("a write that could not be sent has failed, and so has a read", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await new Promise((closed) => server.close(closed));
  const { store, write, errors } = storeAt(`http://127.0.0.1:${port}`, 20_000);
  expect(await write()).toMatchObject({ kind: "failed", code: "unavailable" });
  expect(errors.every(({ code, retryable }) => code === "unreachable" && retryable)).toBe(true);
  const read = await store.get(notes, { owner: "a", id: "1" });
  expect(read).toMatchObject({ kind: "failed", code: "unavailable" });
});

test("an attempt without an answer is repeated under its token, and may then be ok", async () => {
  const { write, tokens } = await scripted(cut, done);
  expect((await write()).kind).toBe("ok");
  expect(tokens).toHaveLength(2);
  expect(new Set(tokens).size).toBe(1);
});

test("what certainly did not happen is tried anew under another token", async () => {
  const { write, tokens } = await scripted(cancelled("None", "TransactionConflict"), done);
  expect((await write()).kind).toBe("ok");
  expect(new Set(tokens).size).toBe(2);
});

test("a read without an answer is repeated", async () => {
  const item = { p: { S: "a" }, s: { S: "1" }, b: { S: '{"owner":"a","id":"1"}' }, v: { S: "v1" } };
  const { store } = await scripted(
    silence,
    fault(500, "InternalServerError"),
    answer(200, { Item: item }),
  );
  const read = await store.get(notes, { owner: "a", id: "1" });
  expect(read).toMatchObject({ kind: "ok", value: { version: "v1", item: { id: "1" } } });
});

test("a receipt counts as missing elsewhere until the assumed time has passed", () => {
  const own = writeDynamoReceipt({ app: "a", region, epoch: 1, id: newId() });
  const other = writeDynamoReceipt({ app: "a", region: "ap-southeast-1", epoch: 1, id: newId() });
  const session = [own, other, "no receipt"];
  const here = { app: "a", region, nowMs: Date.now(), assumedArrivalMs: 60_000 };
  expect(missingFrom(session, here)).toEqual([other, "no receipt"]);
  const later = { ...here, nowMs: Date.now() + 61_000 };
  expect(missingFrom(session, later)).toEqual(["no receipt"]);
});
