import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { post, setUp } from "./test-world.ts";

/** What a region answers that does not decide what is asked. */
function elsewhere(response: ServerResponse, homeRegion: string | null): void {
  const text = JSON.stringify({ type: "/problems/elsewhere", epoch: 1, homeRegion });
  response.writeHead(503, {
    "content-type": "application/problem+json",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

describe("a request that another region decides", () => {
  it.each([
    ["with a key", "k"],
    ["without one", undefined],
  ])("goes there at once, %s, and no gate is thought to be closed", async (_, key) => {
    const { call, door, a, b } = await setUp({}, ["a", "b"]);
    a.answer = (_got, response) => elsewhere(response, "b");
    const answer = await call("/tickets/x", post(key));
    expect([answer.status, await answer.json()]).toEqual([201, { from: "b", body: "{}" }]);
    expect([a.got.length, b.got.length]).toEqual([1, 1]);
    expect(door.table().apps.get("tickets")?.closedAt).toEqual([]);
  });

  it.each([
    ["no region decides yet", null],
    ["that region is unknown here", "z"],
    ["that region sends it back", "b"],
  ])("gets the refusal where %s", async (_, homeRegion) => {
    const { call, a, b } = await setUp({}, ["a", "b"]);
    a.answer = (_got, response) => elsewhere(response, homeRegion);
    b.answer = (_got, response) => elsewhere(response, "a");
    const answer = await call("/tickets/x", post("k"));
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ type: "/problems/elsewhere" });
    expect([a.got.length, b.got.length]).toEqual([1, homeRegion === "b" ? 1 : 0]);
  });
});
