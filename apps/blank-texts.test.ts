import { createHash } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { createWorld, type World } from "../layers/api/testing/world.ts";
import { samplePicture } from "../layers/images/testing/samples.ts";
import { createPhotoWorld, PHOTOS, type PhotoWorld } from "./photos/testing/photo-world.ts";
import { ticketsApp } from "./tickets/server.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const TICKETS = "/tickets/api/tickets";

const BLANKS = {
  "zero-width spaces": "\u200b",
  "empty Braille patterns": "\u2800",
  "Hangul fillers": "\u3164",
  "direction marks": "\u200f",
  tags: "\u{e0041}",
  "combining marks": "\u0301",
  "soft hyphens": "\u00ad",
  "control characters": "\u0001",
  "wide spaces": "\u3000",
};
const blanks = Object.entries(BLANKS).map(([name, one]) => [name, one.repeat(10)] as const);

/** With a joiner inside a Persian word and an emoji, a direction mark, accents, and no Latin. */
const GOOD = [
  "می\u200cخواهم یک اسب دیگر",
  "\u200fשלום, איפה החד־קרן?",
  "The family \u{1f468}\u200d\u{1f469}\u200d\u{1f467} waits ❤\ufe0f",
  "यूनिकॉर्न कहाँ है, नमस्ते",
  "Cafe\u0301 am See, zehn Minuten",
];

describe("a ticket", () => {
  let world: World;
  let token: string;
  beforeEach(async () => {
    world = createWorld({ apps: [ticketsApp], digest });
    token = (await world.signUp("rider")).accessToken;
  });
  const submit = (description: string) =>
    world.send("POST", TICKETS, { token, body: { description } });
  const made = async () => `${TICKETS}/${(await submit("It is ten characters.")).body.id}`;

  test.each(blanks)("of %s alone is refused, in each of its texts", async (name, blank) => {
    const ticket = await made();
    const refused = [
      await submit(blank),
      await world.send("PATCH", ticket, { token, body: { description: blank } }),
      await world.send("PATCH", ticket, { token, body: { assigned: blank } }),
      await world.send("POST", `${ticket}/comments`, { token, body: { text: blank } }),
      await world.send("GET", `${TICKETS}?assigned=${encodeURIComponent(blank)}`, { token }),
    ];
    // A mark on a letter can be seen; what has no width adds nothing to a text that is too short.
    if (!/marks|spaces$/.test(name) || /zero/.test(name))
      refused.push(await submit(`too${blank}short`));
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 400));
    expect(refused[0]?.body.detail).toMatch(/10 characters that can be seen/);
    const { items } = (await world.send("GET", TICKETS, { token })).body;
    expect(items).toHaveLength(1);
  });

  test.each(GOOD)("of %j is kept as it was written", async (text) => {
    expect((await submit(`  ${text}\n`)).body.description).toBe(text);
    const sent = await world.send("POST", `${await made()}/comments`, { token, body: { text } });
    expect([sent.status, sent.body.text]).toEqual([201, text]);
  });
});

describe("a photo", () => {
  let world: PhotoWorld;
  let token: string;
  const bytes = samplePicture("png");
  beforeEach(async () => {
    world = createPhotoWorld(() => createHash("sha256"), digest);
    token = (await world.signUp("visitor")).accessToken;
  });
  const bare = (title: string, altText = "") =>
    world.post(`${PHOTOS}?${new URLSearchParams({ title, altText })}`, bytes, {
      token,
      type: "image/png",
    });
  const form = (name: string, more: Readonly<Record<string, string>> = {}) => {
    const fields = new FormData();
    fields.set("file", new File([bytes as Uint8Array<ArrayBuffer>], name, { type: "image/png" }));
    for (const [field, value] of Object.entries(more)) fields.set(field, value);
    return world.post(PHOTOS, fields, { token });
  };

  test.each(blanks)("of %s alone is refused, in each of its texts", async (name, blank) => {
    const photo = (await bare("A title")).body.id;
    const refused = [
      await bare(blank),
      await form("a.png", { title: blank }),
      await world.send("POST", PHOTOS, { token, body: { upload: "u1", title: blank } }),
      await world.send("POST", `/photos/api/comments/${photo}`, { token, body: { text: blank } }),
      await world.send("GET", `${PHOTOS}?owner=${encodeURIComponent(blank)}`, { token }),
    ];
    // An alternative text may be left out, and spaces say the same.
    if (name !== "wide spaces") refused.push(await bare("A title", blank));
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 400));
    expect(world.kept()).toMatchObject({ photos: 1, comments: 0 });
  });

  test.each(blanks)("whose file is called %s is untitled", async (name, blank) => {
    if (name === "control characters") return;
    expect((await form(`${blank}.png`)).body.title).toBe("Untitled");
  });

  test.each(GOOD)("of %j is kept as it was written", async (text) => {
    expect((await bare(text, text)).body).toMatchObject({ title: text, altText: text });
  });
});
