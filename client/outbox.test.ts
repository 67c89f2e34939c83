import { describe, expect, it } from "vitest";
import { createRng } from "../base/rng.ts";
import { createClient } from "./client.ts";
import type { OutboxStorage } from "./outbox.ts";
import { type Behaviour, createVirtualWorld, type Reply } from "./virtual-world.ts";

const PATH = "/tickets/api/tickets";
const fenced: Reply = { status: 503, body: { type: "x/fenced", detail: "tickets is fenced" } };
const made: Reply = { status: 201, headers: { location: `${PATH}/1`, "understudy-epoch": "1" } };

function memory(): OutboxStorage & { text: string | null } {
  const kept = {
    text: null as string | null,
    read: () => kept.text,
    write: (text: string) => {
      kept.text = text;
    },
  };
  return kept;
}

function setUp(behaviour: Behaviour, storage = memory(), owner = () => "rider" as string) {
  const world = createVirtualWorld();
  world.regions.set("a", behaviour);
  const client = createClient({
    regions: [{ id: "a", url: "http://a" }],
    fetch: world.fetch,
    now: world.now,
    timers: world.timers,
    random: createRng(3).next,
    outbox: { storage, owner },
  });
  const phases: string[] = [];
  client.outbox?.subscribe(() => {
    const now =
      client.outbox
        ?.entries()
        .map(({ phase }) => phase)
        .join() ?? "";
    if (phases.at(-1) !== now) phases.push(now);
  });
  const posts = () => world.seen.filter((s) => s.method === "POST");
  const add = (body: string) => client.outbox?.add(PATH, { body });
  return { world, client, storage, phases, posts, add };
}

describe("the outbox", () => {
  it("keeps a write while the app is fenced and sends it, once in effect, when it is not", async () => {
    let isFenced = true;
    const { world, client, add, phases, posts } = setUp(() => (isFenced ? fenced : made));
    add("one");
    await world.advance(5_000);
    expect(client.outbox?.entries()).toMatchObject([
      { phase: "queued", reason: "tickets is fenced" },
    ]);
    isFenced = false;
    await world.advance(20_000);
    expect(client.outbox?.entries()).toMatchObject([{ phase: "confirmed", location: `${PATH}/1` }]);
    expect(phases).toEqual(["queued", "sent", "queued", "confirmed"]);
    expect(new Set(posts().map((s) => s.key)).size).toBe(1);
  });

  it("sends as soon as the client hears that the app serves again", async () => {
    let isFenced = true;
    const { world, client, add, posts } = setUp((seen) =>
      isFenced && seen.method === "POST" ? fenced : made,
    );
    add("one");
    await world.advance(40_000);
    const before = posts().length;
    isFenced = false;
    client.outbox?.wake("tickets");
    await world.advance(50);
    expect(posts()).toHaveLength(before + 1);
    expect(client.outbox?.entries()[0]?.phase).toBe("confirmed");
  });

  it("sends in order, and a write that is refused for good holds up nobody", async () => {
    const { world, client, add, posts } = setUp((seen) =>
      seen.body === "two" ? { status: 400, body: { detail: "too short" } } : made,
    );
    for (const body of ["one", "two", "three"]) add(body);
    await world.advance(1_000);
    expect(posts().map((s) => s.body)).toEqual(["one", "two", "three"]);
    expect(client.outbox?.entries().map(({ phase }) => phase)).toEqual([
      "confirmed",
      "refused",
      "confirmed",
    ]);
  });

  it("outlives the page, with its keys, and what may have happened is sent again", async () => {
    const first = setUp(() => "hang");
    first.add("one");
    await first.world.advance(100);
    expect(first.client.outbox?.entries()[0]?.phase).toBe("sent");
    first.client.close();
    const second = setUp(() => made, first.storage);
    await second.world.advance(1_000);
    expect(second.posts()[0]?.key).toBe(first.posts()[0]?.key);
    expect(second.client.outbox?.entries()[0]?.phase).toBe("confirmed");
  });

  it("does not send again what may have happened when its key is remembered no more", async () => {
    const first = setUp(() => "hang");
    first.add("one");
    await first.world.advance(100);
    first.client.close();
    const [entry] = JSON.parse(first.storage.text ?? "[]");
    const hours = (count: number): string => {
      const unsureSinceMs = entry.unsureSinceMs - count * 3600 * 1000;
      return JSON.stringify([{ ...entry, unsureSinceMs }]);
    };
    const within = setUp(() => made, { ...memory(), read: () => hours(22) });
    await within.world.advance(1_000);
    expect(within.posts()).toHaveLength(1);
    expect(within.client.outbox?.entries()[0]?.phase).toBe("confirmed");
    const after = setUp(() => made, { ...memory(), read: () => hours(24) });
    await after.world.advance(1_000);
    expect(after.posts()).toEqual([]);
    expect(after.client.outbox?.entries()).toMatchObject([
      { phase: "refused", reason: expect.stringContaining("it may have happened a day ago") },
    ]);
  });

  it("waits for days where nothing can have happened", async () => {
    const first = setUp(() => fenced);
    first.add("one");
    await first.world.advance(3_000);
    first.client.close();
    const [entry] = JSON.parse(first.storage.text ?? "[]");
    expect(entry).toMatchObject({ phase: "queued" });
    expect(entry).not.toHaveProperty("unsureSinceMs");
    const old = JSON.stringify([{ ...entry, addedOnMs: entry.addedOnMs - 3 * 24 * 3600 * 1000 }]);
    const later = setUp(() => made, { ...memory(), read: () => old });
    await later.world.advance(1_000);
    expect(later.client.outbox?.entries()[0]?.phase).toBe("confirmed");
  });

  it("waits for its owner, and says when it is full", async () => {
    let who = "rider";
    const { world, client, add, posts } = setUp(
      () => fenced,
      memory(),
      () => who,
    );
    add("one");
    await world.advance(2_000);
    const before = posts().length;
    who = "agent";
    await world.advance(60_000);
    expect(posts().length).toBeLessThanOrEqual(before + 1);
    who = "rider";
    for (let at = 1; at < 100; at++) add(`more ${at}`);
    expect(() => add("too many")).toThrow(RangeError);
    expect(client.outbox?.entries()).toHaveLength(100);
  });

  it("ignores a storage that holds something else", () => {
    const storage = memory();
    storage.text = '[{"key":1},{"nothing":true}, 7';
    expect(setUp(() => made, storage).client.outbox?.entries()).toEqual([]);
    storage.text = '[{"key":1},null]';
    expect(setUp(() => made, storage).client.outbox?.entries()).toEqual([]);
  });
});
