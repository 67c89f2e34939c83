import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { must } from "../base/assert.ts";
import { createWorld, type World } from "../layers/api/testing/world.ts";
import { samplePicture } from "../layers/images/testing/samples.ts";
import { photos } from "./photos/model/tables.ts";
import { createPhotoWorld, PHOTOS, type PhotoWorld } from "./photos/testing/photo-world.ts";
import { tickets } from "./tickets/model/tables.ts";
import { ticketsApp } from "./tickets/server.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const TICKETS = "/tickets/api/tickets";

interface Listed {
  readonly items: readonly { readonly id: string }[];
  readonly cursor?: string;
}

/** The ids of all pages of a list. */
async function walk(world: World, path: string, token: string, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor = "";
  do {
    const sent = await world.send("GET", `${path}&limit=${limit}${cursor}`, { token });
    expect(sent.status, JSON.stringify(sent.body)).toBe(200);
    const page = sent.body as Listed;
    ids.push(...page.items.map(({ id }) => id));
    expect(ids.length).toBeLessThan(100);
    cursor = page.cursor === undefined ? "" : `&cursor=${encodeURIComponent(page.cursor)}`;
  } while (cursor !== "");
  return ids;
}

describe("the assignee of a ticket", () => {
  let world: World;
  let token: string;
  beforeEach(async () => {
    world = createWorld({ apps: [ticketsApp], digest });
    token = (await world.signUp("rider")).accessToken;
  });
  const submit = async () => {
    const body = { description: "The unicorn did not arrive." };
    world.advance(1);
    return (await world.send("POST", TICKETS, { token, body })).body.id as string;
  };
  const assign = (id: string, assigned: string, as = token) =>
    world.send("PATCH", `${TICKETS}/${id}`, { token: as, body: { assigned } });
  /** As a row was kept before names were folded. */
  const makeOld = async (id: string, assigned: string) => {
    const store = world.store("tickets");
    const read = await store.get(tickets, { id });
    const { item } = must(read.kind === "ok" ? read.value : undefined, "the ticket is there");
    const { assignedName: _, ...old } = item;
    const row = { ...old, assigned, assignedStatus: `${item.status}#${assigned}` };
    await store.transact([{ kind: "put", table: tickets, item: row }]);
  };

  test.each([
    ["Anna", "anna"],
    ["anna", "ANNA"],
    ["Anna", "ａｎｎａ"],
    ["İzmir", "izmir"],
    ["Zoe\u0308", "ZOË"],
  ])("%s is found as %s, and shown as it was written", async (written, asked) => {
    const id = await submit();
    const name = encodeURIComponent(asked);
    expect((await assign(id, written)).body.assigned).toBe(written);
    for (const filter of [`assigned=${name}`, `assigned=${name}&status=open`]) {
      const { items } = (await world.send("GET", `${TICKETS}?${filter}`, { token })).body;
      expect(items, filter).toMatchObject([{ id, assigned: written }]);
    }
    await assign(id, "somebody");
    expect(await walk(world, `${TICKETS}?assigned=${name}`, token, 10)).toEqual([]);
  });

  test("may change it, however the name was written", async () => {
    const id = await submit();
    await assign(id, "AGNES");
    const agnes = (await world.signUp("Agnes")).accessToken;
    expect((await assign(id, "agnes", agnes)).status).toBe(200);
    const stranger = (await world.signUp("Agnesa")).accessToken;
    expect((await assign(id, "agnesa", stranger)).status).toBe(403);
  });

  test("of older rows is found as it was written, among the others in order", async () => {
    const ids: string[] = [];
    for (let count = 0; count < 9; count++) {
      const id = await submit();
      await assign(id, "Anna");
      if (count % 3 !== 0) await makeOld(id, "Anna");
      ids.unshift(id);
    }
    for (const filter of ["assigned=Anna", "assigned=Anna&status=open"]) {
      for (const limit of [1, 2, 3, 4, 9, 20]) {
        expect(await walk(world, `${TICKETS}?${filter}`, token, limit), filter).toEqual(ids);
      }
    }
    for (const cursor of ["nonsense", "before:", "before:%C3%A4"]) {
      const path = `${TICKETS}?assigned=Anna&cursor=${cursor}`;
      expect((await world.send("GET", path, { token })).status, cursor).toBe(400);
    }
    // A change of an old row takes it to where all are found.
    await assign(ids[1] ?? "", "Anna");
    expect(await walk(world, `${TICKETS}?assigned=anna`, token, 20)).toContain(ids[1]);
    expect(await walk(world, `${TICKETS}?assigned=Anna`, token, 20)).toEqual(ids);
  });

  test("is no name that is longer than any when it is compared", async () => {
    const long = "\ufdfa".repeat(64);
    expect((await assign(await submit(), long)).status).toBe(400);
    const path = `${TICKETS}?assigned=${encodeURIComponent(long)}`;
    expect((await world.send("GET", path, { token })).status).toBe(400);
  });
});

describe("the owner of a photo", () => {
  let world: PhotoWorld;
  let token: string;
  beforeEach(async () => {
    world = createPhotoWorld(() => createHash("sha256"), digest);
    token = (await world.signUp("Anna")).accessToken;
  });
  const upload = async () => {
    world.advance(1);
    const sent = await world.post(PHOTOS, samplePicture("png"), { token, type: "image/png" });
    expect(sent.body.owner).toBe("Anna");
    return sent.body.id as string;
  };

  test("is found however the name is written, and shown as it was", async () => {
    const id = await upload();
    for (const asked of ["Anna", "anna", "ANNA", "ａｎｎａ"]) {
      const path = `${PHOTOS}?owner=${encodeURIComponent(asked)}`;
      const { items } = (await world.send("GET", path, { token })).body;
      expect(items, asked).toMatchObject([{ id, owner: "Anna" }]);
    }
    const { body } = await world.send("GET", `${PHOTOS}/${id}`, { token });
    expect(body).toMatchObject({ owner: "Anna" });
    expect(body).not.toHaveProperty("ownerName");
    expect((await world.send("GET", PHOTOS, { token })).body.items).toMatchObject([body]);
  });

  test("of older rows is found as it was written, and may delete the photo", async () => {
    const ids = [await upload(), await upload(), await upload()].reverse();
    const store = world.store("photos");
    const [, old = ""] = ids;
    const read = await store.get(photos, { id: old });
    const { item } = must(read.kind === "ok" ? read.value : undefined, "the photo is there");
    const { ownerName: _, ...row } = item;
    await store.transact([{ kind: "put", table: photos, item: { ...row, owner: "Anna" } }]);
    for (const limit of [1, 2, 3]) {
      expect(await walk(world, `${PHOTOS}?owner=Anna`, token, limit)).toEqual(ids);
    }
    expect((await world.send("DELETE", `${PHOTOS}/${old}`, { token })).status).toBe(204);
  });
});
