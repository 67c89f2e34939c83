import { describe, expect, it } from "vitest";
import { createRng } from "../base/rng.ts";
import { type Client, type ClientEvent, type ClientOptions, createClient } from "./client.ts";
import { ClientError } from "./error.ts";
import { type Behaviour, createVirtualWorld, type Reply } from "./virtual-world.ts";

const A = "a";
const B = "b";
const notServing = (servingRegion: string | undefined, epoch: number): Reply => ({
  status: 503,
  headers: { "understudy-epoch": String(epoch) },
  body: { type: "https://understudy.test/problems/not-serving", servingRegion },
});
const fenced: Reply = { status: 503, body: { type: "https://understudy.test/problems/fenced" } };
const ok = (epoch = 1, extra: Partial<Reply> = {}): Reply => ({
  status: 200,
  ...extra,
  headers: {
    "understudy-epoch": String(epoch),
    "understudy-consistency": "leased",
    ...extra.headers,
  },
});

function setUp(behaviours: Record<string, Behaviour>, options: Partial<ClientOptions> = {}) {
  const world = createVirtualWorld();
  for (const [id, behaviour] of Object.entries(behaviours)) world.regions.set(id, behaviour);
  const rng = createRng(7);
  const events: ClientEvent[] = [];
  const client = createClient({
    regions: Object.keys(behaviours).map((id) => ({ id, url: `http://${id}` })),
    fetch: world.fetch,
    now: world.now,
    timers: world.timers,
    random: rng.next,
    ...options,
  });
  client.events.subscribe((event) => events.push(event));
  return { world, client, events };
}

type Ended = { response?: Response; error?: unknown; at?: number };
function track(world: { now(): number }, promise: Promise<Response>): Ended {
  const ended: Ended = {};
  promise.then(
    (response) => Object.assign(ended, { response, at: world.now() }),
    (error: unknown) => Object.assign(ended, { error, at: world.now() }),
  );
  return ended;
}

const write = (client: Client, init = {}) =>
  client.fetch("/tickets/api/tickets", { method: "POST", body: "{}", ...init });
const read = (client: Client, init = {}) => client.fetch("/tickets/api/tickets", init);

/** B takes over from A at an instant; A is dead from the beginning. */
const takeover =
  (at: number): Behaviour =>
  (seen) =>
    seen.at < at ? notServing(A, 1) : ok(2, { headers: { "understudy-receipt": "r1" } });

const missing: Reply = {
  status: 404,
  headers: { "understudy-consistency": "stale", "understudy-epoch": "1" },
  body: { type: "x/not-found" },
};
const busy: Reply = { status: 503, body: { type: "x/busy" } };

describe("a miss", () => {
  it("of a stale region is asked for again where it is fresh", async () => {
    const { world, client } = setUp({ [A]: () => missing, [B]: () => ok(2) });
    const call = track(world, read(client));
    await world.advance(50);
    expect(call.response?.status).toBe(200);
    expect(world.seen.map((s) => s.region)).toEqual([A, B]);
  });

  it("of a stale region waits for the takeover, and not longer than a second", async () => {
    const standby =
      (at: number): Behaviour =>
      (seen) => {
        const isProbe = seen.path.startsWith("/health");
        if (seen.at >= at) return ok(2);
        return isProbe ? notServing(A, 1) : missing;
      };
    const first = setUp({ [A]: () => "refuse", [B]: standby(300) });
    const taken = track(first.world, read(first.client));
    await first.world.advance(1_000);
    expect(taken.response?.status).toBe(200);
    const second = setUp({ [A]: () => "refuse", [B]: standby(60_000) });
    const never = track(second.world, read(second.client));
    await second.world.advance(1_500);
    expect(never.response?.status).toBe(404);
    expect(never.at).toBeLessThan(1_200);
    expect(second.world.seen.filter((s) => s.path.startsWith("/tickets")).length).toBeLessThan(6);
  });

  it("is final where it is fresh, and where the caller takes stale data", async () => {
    const fresh = { ...missing, headers: { "understudy-consistency": "leased" } };
    for (const [reply, init] of [
      [fresh, {}],
      [missing, { stale: true }],
    ] as const) {
      const { world, client } = setUp({ [A]: () => reply, [B]: () => ok(2) });
      const call = track(world, read(client, init));
      await world.advance(50);
      expect(call.response?.status).toBe(404);
      expect(world.seen).toHaveLength(1);
    }
  });
});

describe("a busy region", () => {
  it("is asked again later, not at once, and nobody else is", async () => {
    let times = 0;
    const { world, client } = setUp({ [A]: () => (times++ < 2 ? busy : ok()), [B]: () => ok() });
    const call = track(world, write(client));
    await world.advance(2_000);
    expect(call.response?.status).toBe(200);
    expect(world.seen.map((s) => s.region)).toEqual([A, A, A]);
    const [first, second, third] = world.seen.map((s) => s.at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(50);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThanOrEqual(100);
  });

  it("gets a tenth more at most from all the calls of a client", async () => {
    const { world, client } = setUp({ [A]: () => busy, [B]: () => ok() });
    const calls = Array.from({ length: 400 }, () => track(world, write(client)));
    await world.advance(20_000);
    expect(calls.every((call) => call.response?.status === 503)).toBe(true);
    // Ten retries are there from the beginning.
    expect(world.seen.length).toBeLessThanOrEqual(400 + 40 + 10);
    expect(world.seen.every((s) => s.region === A)).toBe(true);
  });
});

describe("a write", () => {
  it("reaches the region that a refusal names, and later writes go there at once", async () => {
    const { world, client } = setUp({ [A]: () => notServing(B, 3), [B]: () => ok(3) });
    const first = track(world, write(client));
    await world.advance(20);
    expect(first.response?.status).toBe(200);
    const second = track(world, write(client));
    await world.advance(20);
    expect(second.response?.status).toBe(200);
    expect(world.seen.map((s) => s.region)).toEqual([A, B, B]);
  });

  it("keeps its key and body through a takeover, and ends within 40 ms of it", async () => {
    const { world, client } = setUp({ [A]: () => "reset", [B]: takeover(80) });
    const call = track(world, write(client, { body: '{"n":1}' }));
    await world.advance(500);
    expect(call.response?.status).toBe(200);
    expect(call.at).toBeLessThan(120);
    const writes = world.seen.filter((s) => s.method === "POST");
    expect(writes.length).toBeGreaterThan(1);
    expect(new Set(writes.map((s) => s.key)).size).toBe(1);
    expect(writes[0]?.key).toMatch(/^[0-9a-f-]{36}$/);
    expect(new Set(writes.map((s) => s.body))).toEqual(new Set(['{"n":1}']));
  });

  it("without a key is sent once, and its end is unknown when the connection broke", async () => {
    const { world, client } = setUp({ [A]: () => "reset", [B]: () => ok() });
    const call = track(world, write(client, { idempotencyKey: false }));
    await world.advance(11_000);
    expect(call.error).toMatchObject({ code: "outcome-unknown" });
    expect(world.seen.filter((s) => s.method === "POST")).toHaveLength(1);
  });

  it("whose connection broke never ends in a refusal that denies it", async () => {
    const { world, client } = setUp({ [A]: () => "reset", [B]: () => notServing(A, 1) });
    const call = track(world, write(client, { deadlineMs: 400 }));
    await world.advance(500);
    expect(call.error).toBeInstanceOf(ClientError);
    expect(call.error).toMatchObject({ code: "outcome-unknown" });
    expect(call.at).toBeLessThan(402);
  });

  it("that nobody accepted ends in the refusal itself", async () => {
    const { world, client } = setUp({ [A]: () => notServing(B, 1), [B]: () => notServing(A, 1) });
    const call = track(world, write(client, { deadlineMs: 400 }));
    await world.advance(500);
    expect(call.response?.status).toBe(503);
  });

  it("answered 504 outcome-unknown is sent again with the same key", async () => {
    const unknown: Reply = { status: 504, body: { type: "x/outcome-unknown" } };
    let times = 0;
    const { world, client } = setUp({
      [A]: (seen) => (seen.method === "POST" && times++ === 0 ? unknown : ok()),
    });
    const call = track(world, write(client));
    await world.advance(100);
    expect(call.response?.status).toBe(200);
    expect(new Set(world.seen.filter((s) => s.method === "POST").map((s) => s.key)).size).toBe(1);
  });

  it.each([400, 401, 409, 412, 422, 429])("answered %i is not sent again", async (status) => {
    const { world, client } = setUp({ [A]: () => ({ status }), [B]: () => ok() });
    const call = track(world, write(client));
    await world.advance(100);
    expect(call.response?.status).toBe(status);
    expect(world.seen).toHaveLength(1);
  });

  it("leaves a hung region as soon as another serves", async () => {
    const { world, client } = setUp({ [A]: () => "hang", [B]: takeover(300) });
    const call = track(world, write(client));
    await world.advance(1_000);
    expect(call.response?.status).toBe(200);
    expect(call.at).toBeLessThan(340);
  });

  it("that is only slow is not sent twice to its region", async () => {
    const { world, client } = setUp({
      [A]: (seen) => (seen.method === "POST" ? ok(1, { afterMs: 900 }) : ok(1)),
      [B]: () => notServing(A, 1),
    });
    const call = track(world, write(client));
    await world.advance(2_000);
    expect(call.response?.status).toBe(200);
    expect(world.seen.filter((s) => s.method === "POST")).toHaveLength(1);
    expect(world.seen.length).toBeLessThan(8);
  });

  it("waits out a fence of a switchover, and tells an operator's fence after a second", async () => {
    const short = setUp({ [A]: (seen) => (seen.at < 200 ? fenced : ok(2)) });
    const waited = track(short.world, write(short.client));
    await short.world.advance(500);
    expect(waited.response?.status).toBe(200);
    const long = setUp({ [A]: () => fenced, [B]: () => fenced });
    const told = track(long.world, write(long.client));
    await long.world.advance(1_500);
    expect(told.response?.status).toBe(503);
    expect(told.at).toBeLessThan(1_100);
    expect(long.client.events.state("tickets").state).toBe("fenced");
  });
});

describe("a read", () => {
  it("moves at once when its region dies, and later reads begin elsewhere", async () => {
    const { world, client } = setUp({ [A]: () => "refuse", [B]: () => ok() });
    const first = track(world, read(client));
    await world.advance(5);
    expect(first.response?.status).toBe(200);
    const count = world.seen.filter((s) => s.path === "/tickets/api/tickets").length;
    const second = track(world, read(client));
    await world.advance(5);
    expect(second.response?.status).toBe(200);
    expect(world.seen.filter((s) => s.path === "/tickets/api/tickets").length).toBe(count + 1);
  });

  it("has company elsewhere after 250 ms of silence, and the hung region is left alone", async () => {
    const { world, client } = setUp({ [A]: () => "hang", [B]: () => ok() });
    const first = track(world, read(client));
    await world.advance(300);
    expect(first.at).toBeLessThan(260);
    const second = track(world, read(client));
    await world.advance(10);
    expect(second.response?.status).toBe(200);
  });

  it("of hundreds at once in a hung region succeeds, whatever the budget", async () => {
    const { world, client } = setUp({ [A]: () => "hang", [B]: () => ok() });
    const calls = Array.from({ length: 300 }, () => track(world, read(client)));
    await world.advance(1_500);
    expect(calls.every((call) => call.response?.status === 200)).toBe(true);
  });

  it("waits for a region when there is none, and says that it is offline meanwhile", async () => {
    let up = false;
    const { world, client, events } = setUp({
      [A]: () => (up ? ok() : "refuse"),
      [B]: () => "refuse",
    });
    const call = track(world, read(client));
    await world.advance(3_000);
    expect(call.at).toBeUndefined();
    expect(client.events.state("tickets").state).toBe("offline");
    up = true;
    await world.advance(500);
    expect(call.response?.status).toBe(200);
    expect(events.filter((e) => e.type === "state").map((e) => e.state)).toContain("active");
  });

  it("prefers the near region when it may be stale, the serving one when not", async () => {
    const stale = { headers: { "understudy-consistency": "stale", "understudy-data-age": "40" } };
    const options = { near: B };
    const { world, client, events } = setUp(
      { [A]: () => ok(1), [B]: (s) => (s.method === "POST" ? notServing(A, 1) : ok(1, stale)) },
      options,
    );
    track(world, write(client));
    await world.advance(10);
    track(world, read(client));
    await world.advance(10);
    track(world, read(client, { stale: true }));
    await world.advance(10);
    expect(world.seen.map((s) => s.region)).toEqual([B, A, A, B]);
    expect(events.at(-1)).toMatchObject({ consistency: "stale", dataAgeMs: 40, region: B });
  });

  it("answered 502 by the only region does not exceed the retry budget", async () => {
    const { world, client } = setUp({
      [A]: (seen) => (seen.path.startsWith("/health") ? ok() : { status: 502 }),
    });
    for (let i = 0; i < 100; i++) {
      track(world, read(client));
      await world.advance(50);
    }
    const reads = world.seen.filter((s) => s.path === "/tickets/api/tickets").length;
    expect(reads).toBeGreaterThan(105);
    expect(reads).toBeLessThanOrEqual(120);
  });
});

describe("a client", () => {
  it("probes once for all waiting calls, 10 to 15 ms apart, and stops when nobody waits", async () => {
    const { world, client } = setUp({ [A]: () => "refuse", [B]: takeover(100) });
    const calls = Array.from({ length: 100 }, () => track(world, write(client)));
    await world.advance(500);
    expect(calls.every((call) => call.response?.status === 200)).toBe(true);
    const probes = world.seen.filter((s) => s.path === "/health/tickets/serving" && s.region === B);
    expect(probes.length).toBeGreaterThan(5);
    expect(probes.length).toBeLessThan(14);
    expect(world.pending()).toBe(0);
  });

  it("sends the receipts of its writes, the newest twenty, per app", async () => {
    let n = 0;
    const { world, client } = setUp({
      [A]: () => ok(1, { headers: { "understudy-receipt": `r${n++}` } }),
    });
    for (let i = 0; i < 25; i++) {
      track(world, write(client));
      await world.advance(5);
    }
    expect(client.receipts("tickets")).toHaveLength(20);
    expect(client.receipts("photos")).toEqual([]);
    track(world, read(client));
    await world.advance(5);
    expect(world.seen.at(-1)?.session?.split(",").at(-1)).toBe("r24");
  });

  it("learns the regions from a front door, and uses it itself until it has", async () => {
    let lists = false;
    const regions = { items: [{ id: B, url: "http://b/" }] };
    const { world, client } = setUp(
      {
        door: (s) =>
          s.path === "/routing/regions"
            ? lists
              ? { status: 200, body: regions }
              : { status: 500 }
            : ok(),
        [B]: () => ok(),
      },
      { regions: "http://door" },
    );
    track(world, read(client));
    await world.advance(20);
    expect(world.seen.at(-1)?.region).toBe("door");
    lists = true;
    await world.advance(6_000);
    track(world, read(client));
    await world.advance(20);
    expect(world.seen.at(-1)?.region).toBe(B);
    expect(client.regions()).toEqual([{ id: B, url: "http://b" }]);
  });

  it("ends a call when its signal says so, and takes the attempt back", async () => {
    const { world, client } = setUp({ [A]: () => "hang" });
    const controller = new AbortController();
    const call = track(world, read(client, { signal: controller.signal }));
    await world.advance(100);
    controller.abort(new Error("left the page"));
    await world.advance(1);
    expect(call.error).toMatchObject({ message: "left the page" });
    expect(world.pending()).toBe(0);
  });

  it("refuses a path with an origin and a key that no header can carry", async () => {
    const { client } = setUp({ [A]: () => ok() });
    await expect(client.fetch("http://a/x")).rejects.toThrow("must start with one slash");
    await expect(write(client, { idempotencyKey: "ü" })).rejects.toThrow("visible ASCII");
  });

  it("encodes a form once: every attempt sends the same bytes", async () => {
    const { world, client } = setUp({ [A]: () => notServing(B, 1), [B]: () => ok(1) });
    const form = new FormData();
    form.set("title", "a");
    track(world, write(client, { body: form }));
    await world.advance(20);
    expect(world.seen).toHaveLength(2);
    expect(world.seen[0]?.body).toBeInstanceOf(Blob);
    expect(world.seen[0]?.body).toBe(world.seen[1]?.body);
  });
});
