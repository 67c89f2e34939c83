/**
 * Does signing in get slower with the number of accounts, and what does a request pay for its
 * token? *composition*
 *
 *   node dist/bench/identity.js [--json] [--accounts 100000]
 *
 * Two deployments in one process, one with 100 accounts and one with many, asked in turn, so that
 * whatever else the machine does falls on both. Signing in is measured with argon2id, as it is
 * served, and with a hash that costs nothing, so that the rest is not hidden behind it. Then one
 * access token is checked again and again: a look-up, beside the first look at a token of each
 * session. Only ratios carry over to another machine. Target: both ratios at most 1.2.
 */

import { createHash } from "node:crypto";
import { parseArgs } from "node:util";
import { identityTables, users } from "../layers/api/identity/tables.ts";
import { whoApp } from "../layers/api/testing/who-app.ts";
import { createWorld, PASSWORD, type World } from "../layers/api/testing/world.ts";
import { createMemoryKeyValueStore } from "../layers/key-value/memory-store.ts";
import { limits } from "../layers/key-value/table.ts";
import { argonPasswordHasher } from "../targets/local/password-hasher.ts";
import { mustMeasure } from "./measured.ts";

const FEW = 100;
const ROUNDS = 7;
const CHEAP_PER_ROUND = 400;
const REAL_PER_ROUND = 12;
const VERIFICATIONS = 200_000;

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    accounts: { type: "string", default: "100000" },
  },
});
const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const cheapHasher = {
  hash: async (password: string) => `cheap ${password}`,
  verify: async (hash: string, password: string) => hash === `cheap ${password}`,
};

interface Side {
  readonly world: World;
  readonly accounts: number;
}

const nameOf = (number: number): string => `account-${number}`;

async function fill(accounts: number, hasher: typeof cheapHasher): Promise<Side> {
  const now = () => Date.parse("2026-03-01T00:00:00Z");
  const store = createMemoryKeyValueStore({
    app: "identity",
    tables: identityTables,
    region: "eu-west-1",
    now,
  });
  const world = createWorld({
    apps: [whoApp],
    digest,
    storeFor: () => store,
    identity: { hasher },
  });
  const passwordHash = await hasher.hash(PASSWORD);
  for (let from = 0; from < accounts; from += limits.transactionWrites) {
    const count = Math.min(limits.transactionWrites, accounts - from);
    const writes = Array.from({ length: count }, (_, index) => {
      const username = nameOf(from + index);
      const item = {
        username,
        displayName: username,
        userId: digest(username).slice(0, 26),
        passwordHash,
        roles: ["user"],
        generation: 1,
        createdOn: new Date(now()).toISOString(),
      };
      return { kind: "put", table: users, item, ifAbsent: true } as const;
    });
    const outcome = await store.transact(writes);
    if (outcome.kind !== "ok") throw new Error(`accounts: ${outcome.reason}`);
  }
  return { world, accounts };
}

async function signIn({ world, accounts }: Side, number: number): Promise<string> {
  const username = nameOf((number * 7_919) % accounts);
  const sent = await world.send("POST", "/identity/sign-in", {
    body: { username, password: PASSWORD },
  });
  if (sent.status !== 200) throw new Error(`sign-in: ${JSON.stringify(sent.body)}`);
  return sent.body.accessToken;
}

/** Milliseconds of one sign-in. */
async function round(side: Side, count: number, from: number): Promise<number> {
  const begun = performance.now();
  for (let number = 0; number < count; number++) await signIn(side, from + number);
  return (performance.now() - begun) / count;
}

const median = (list: readonly number[]): number =>
  [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;

async function compare(few: Side, many: Side, perRound: number) {
  const fewMs: number[] = [];
  const manyMs: number[] = [];
  await Promise.all([round(few, perRound, 0), round(many, perRound, 0)]);
  for (let number = 1; number <= ROUNDS; number++) {
    fewMs.push(await round(few, perRound, number * perRound));
    manyMs.push(await round(many, perRound, number * perRound));
  }
  const [few1, many1] = [median(fewMs), median(manyMs)];
  return { fewMs: few1, manyMs: many1, ratio: many1 / few1 };
}

async function tokens(side: Side) {
  const token = await signIn(side, 1);
  const ask = (one: string) => side.world.send("GET", "/who/api/me", { token: one });
  const fresh: string[] = [];
  for (let number = 0; number < CHEAP_PER_ROUND; number++) fresh.push(await signIn(side, number));
  const first = performance.now();
  for (const one of fresh) await ask(one);
  const firstMs = (performance.now() - first) / fresh.length;
  await ask(token);
  const { verifier } = side.world;
  const again = performance.now();
  for (let number = 0; number < VERIFICATIONS; number++) {
    if (verifier.verify(token) instanceof Promise) throw new Error("it was not remembered");
  }
  return { firstMs, againPerSecond: (VERIFICATIONS / (performance.now() - again)) * 1000 };
}

const many = Number(values.accounts);
const cheap = { few: await fill(FEW, cheapHasher), many: await fill(many, cheapHasher) };
const real = {
  few: await fill(FEW, argonPasswordHasher),
  many: await fill(many, argonPasswordHasher),
};
const result = {
  accounts: [FEW, many],
  withoutHash: await compare(cheap.few, cheap.many, CHEAP_PER_ROUND),
  withArgon2id: await compare(real.few, real.many, REAL_PER_ROUND),
  token: await tokens(cheap.many),
};
mustMeasure("ms a sign-in", Math.min(result.withoutHash.manyMs, result.withArgon2id.manyMs), 0.001);
mustMeasure("token checks a second", result.token.againPerSecond);
if (values.json) {
  console.log(JSON.stringify(result));
} else {
  for (const [name, { fewMs, manyMs, ratio }] of [
    ["sign-in without the hash", result.withoutHash],
    ["sign-in with argon2id", result.withArgon2id],
  ] as const) {
    const times = `${fewMs.toFixed(2)} ms with ${FEW}, ${manyMs.toFixed(2)} ms with ${many}`;
    console.log(`${name.padEnd(26)}${times}: ratio ${ratio.toFixed(2)}`);
  }
  console.log(
    `token, first request      ${result.token.firstMs.toFixed(2)} ms\n` +
      `token, after that         ${Math.round(result.token.againPerSecond)} checks/s`,
  );
}
