import { describe, expect, it } from "vitest";
import { readAnswer } from "./answer.ts";
import { type Call, type CallEffect, createCall, step } from "./decide.ts";
import { createKnowledge } from "./knowledge.ts";

const regions = ["a", "b", "c"].map((id) => ({ id, url: `http://${id}` }));
const world = {
  now: 0,
  knowledge: createKnowledge(regions),
  tokens: 100,
  random: 0.5,
  paceMs: new Map(),
};

/** The effects of the start, and of each attempt's end by a broken connection, in turn. */
function run(access: Call["access"], reset: boolean, times: number): CallEffect[] {
  let call = createCall({
    app: "tickets",
    access,
    stale: false,
    heavy: false,
    repeatable: true,
    deadlineAt: 10_000,
    silenceMs: 1000,
  });
  const all: CallEffect[] = [];
  const take = (next: ReturnType<typeof step>): void => {
    call = next.call;
    all.push(...next.effects);
  };
  take(step(call, { type: "start" }, world));
  for (let attempt = 1; attempt <= times; attempt++) {
    take(step(call, { type: "broke", attempt, sent: true, reset }, world));
  }
  return all;
}

const sent = (effects: readonly CallEffect[]): string[] =>
  effects.flatMap((effect) => (effect.type === "send" ? [effect.region] : []));

describe("a call under which two connections certainly broke", () => {
  it("is not sent to a third region when it is a read", () => {
    const effects = run("read", true, 2);
    expect(sent(effects)).toEqual(["a", "b"]);
    expect(effects.at(-1)).toEqual({ type: "fail", code: "unavailable" });
  });

  it("ends as unknown when it is a keyed write", () => {
    const effects = run("keyed", true, 2);
    expect(effects.at(-1)).toEqual({ type: "fail", code: "outcome-unknown" });
  });
});

it("a call goes on to a third region where the network alone may be gone", () => {
  expect(sent(run("read", false, 2))).toEqual(["a", "b", "c"]);
});

it("a call that the front door ends, because it breaks regions, is not sent again", async () => {
  const body = JSON.stringify({ type: "/problems/bad-gateway" });
  const headers = { "content-type": "application/problem+json" };
  const { verdict } = await readAnswer(new Response(body, { status: 502, headers }), true);
  expect(verdict).toBe("final");
});
