import { createHash } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { createWorld, OPERATOR_TOKEN } from "../../layers/api/testing/world.ts";
import { sampleAccounts, sampleTickets } from "./sample.ts";
import { loadSampleTickets } from "./sample-content.ts";
import { ticketsApp } from "./server.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const here = new URL("http://region.test");

afterEach(() => vi.unstubAllGlobals());

function worldBehindFetch() {
  const world = createWorld({ apps: [ticketsApp], digest });
  let breakAt = Number.POSITIVE_INFINITY;
  let calls = 0;
  vi.stubGlobal("fetch", async (url: string, init: RequestInit) => {
    if (++calls === breakAt) throw new TypeError("fetch failed");
    return world.api.fetch(new Request(url, init));
  });
  return {
    world,
    failCall: (number: number) => {
      breakAt = number;
    },
    load: () => {
      const log = () => undefined;
      return loadSampleTickets({ url: here.origin, operatorToken: OPERATOR_TOKEN, log });
    },
  };
}

async function ticketsOf({ world }: ReturnType<typeof worldBehindFetch>) {
  const { username, password } = sampleAccounts.agent;
  const account = { username, password };
  const { body } = await world.send("POST", "/identity/sign-in", { body: account });
  const list = await world.send("GET", "/tickets/api/tickets?limit=100", {
    token: body.accessToken,
  });
  return list.body.items as { id: string; status: string; version: string }[];
}

test("loading twice leaves what loading once left, and both name the accounts", async () => {
  const behind = worldBehindFetch();
  const accounts = await behind.load();
  const once = await ticketsOf(behind);
  expect(once).toHaveLength(sampleTickets.length);
  expect(await behind.load()).toEqual(accounts);
  expect(await ticketsOf(behind)).toEqual(once);
  expect(accounts.map(({ username }) => username)).toEqual(Object.keys(sampleAccounts));
  expect(once.filter(({ status }) => status === "closed")).toHaveLength(2);
});

test("a call that got no answer is repeated, and writes nothing twice", async () => {
  const behind = worldBehindFetch();
  behind.failCall(9);
  await behind.load();
  expect(await ticketsOf(behind)).toHaveLength(sampleTickets.length);
});
