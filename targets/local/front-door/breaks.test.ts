/** A request under which connections break: it may be what ends the regions. */
import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import type { FakeRegion } from "./fake-region.ts";
import { post, setUp, takeOver, until } from "./test-world.ts";

const breaks = (region: FakeRegion): void => {
  region.answer = (_got, response: ServerResponse) => void response.destroy();
};

describe("a request that breaks the connection of two regions", () => {
  it("is answered 502 when it is a read, and sent to none of them again", async () => {
    const { call, a, b } = await setUp();
    for (const region of [a, b]) breaks(region);
    const answer = await call("/tickets/x");
    expect(answer.status).toBe(502);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({ type: "/problems/bad-gateway", attempts: 2 });
    expect([a.got.length, b.got.length]).toEqual([1, 1]);
  });

  it("counts a region that fell silent under it as soon as that one is known to be down", async () => {
    const { call, a, b, door } = await setUp();
    a.answer = () => a.freeze();
    const isSilent = () => door.table().conditions.get("a") === "silent";
    b.answer = (_got, response) =>
      void until(isSilent).then(async () => {
        response.destroy();
        a.kill();
        await until(() => door.table().conditions.get("a") === "down");
        a.thaw();
        await a.restart();
      });
    const answer = await call("/tickets/x");
    expect(answer.status).toBe(502);
    expect([a.got.length, b.got.length]).toEqual([1, 1]);
  });

  it("ends as unknown when it is a keyed write, and is not sent again", async () => {
    const { call, a, b } = await setUp();
    a.answer = (_got, response) => {
      a.kill();
      response.destroy();
      setTimeout(() => takeOver(b), 50);
    };
    breaks(b);
    const answer = await call("/tickets/x", post("k"));
    expect([answer.status, await answer.json()]).toMatchObject([
      504,
      { type: "/problems/outcome-unknown", attempts: 2 },
    ]);
    expect([a.got.length, b.got.length]).toEqual([1, 1]);
  });
});

it("a read that breaks the connection of one region is answered by the other", async () => {
  const { call, a, b } = await setUp();
  breaks(a);
  const answer = await call("/tickets/x");
  expect([answer.status, await answer.json()]).toMatchObject([200, { from: "b" }]);
  expect([a.got.length, b.got.length]).toEqual([1, 1]);
});
