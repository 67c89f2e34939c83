/** Text that is no UTF-8 is refused wherever it comes in; it is never kept as something else. */
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createAppApi } from "./app-api.ts";
import { defineApp } from "./define-app.ts";
import { parseForm } from "./form.ts";
import { createWorld } from "./testing/world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");
const echo = defineApp({
  id: "echo",
  mode: "active-passive",
  durability: "local",
  objectives: { rtoMs: 1, rpoMs: 1 },
  tables: [],
  api: (context) => {
    const api = createAppApi(context)
      .post("/api/things", {
        summary: "Say it again",
        auth: "none",
        body: z.strictObject({ text: z.any() }),
        replies: {},
        handle: (call) => ({ kind: "answer", status: 200, body: call.body }),
      })
      .get("/api/things/:name", {
        summary: "One",
        auth: "none",
        query: z.object({ q: z.string().optional() }),
        replies: {},
        handle: (call) => ({
          kind: "answer",
          status: 200,
          body: { ...(call.params as object), ...call.query },
        }),
      });
    api.hono.get("/echo/api/own/:name", (c) => c.text(c.req.param("name")));
    return api;
  },
});
const world = createWorld({ apps: [echo], digest });

const bytesOf = (...parts: (string | number)[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : [...new TextEncoder().encode(part)],
    ),
  );

/** Once with its length declared, and once as a stream. */
async function post(body: Uint8Array<ArrayBuffer>, type: string): Promise<Response[]> {
  const answers: Response[] = [];
  for (const declared of [true, false]) {
    const headers: Record<string, string> = { "content-type": type };
    if (declared) headers["content-length"] = String(body.length);
    const init = { method: "POST", headers, body };
    answers.push(await world.api.fetch(new Request("http://r.example/echo/api/things", init)));
  }
  return answers;
}

describe("a JSON body", () => {
  test.each([
    ["a byte of Latin-1", [0xe9]],
    ["half a character at the end", [0xc3]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["half a surrogate pair, encoded", [0xed, 0xa0, 0x80]],
  ])("with %s is 400", async (_, bytes) => {
    for (const answer of await post(bytesOf('{"text":"caf', ...bytes, '"}'), "application/json")) {
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ type: "/problems/broken-json" });
    }
  });

  test("with half a surrogate pair in an escape is 400, wherever it is", async () => {
    const deep = `${"[".repeat(20_000)}"\\udc00"${"]".repeat(20_000)}`;
    for (const text of ['"\\ud800"', '{"a":["x\\uDFFF"]}', '{"\\ud83d":1}', deep]) {
      for (const answer of await post(bytesOf(`{"text":${text}}`), "application/json")) {
        expect(answer.status, text.slice(0, 40)).toBe(400);
      }
    }
  });

  test("of any character is taken as it is", async () => {
    const text = "caf\u00e9 \ufffd \u{1f984} ";
    const escaped = '{"text":"caf\\u00e9 \\ufffd \\ud83e\\udd84 "}';
    for (const body of [bytesOf(JSON.stringify({ text })), bytesOf(escaped)]) {
      for (const answer of await post(body, "application/json")) {
        expect(await answer.json()).toEqual({ text });
      }
    }
  });

  test.each([
    ["application/json; charset=iso-8859-1", 415],
    ['application/json;charset="windows-1252"', 415],
    ["application/json; x=1; CHARSET = utf-16", 415],
    ["application/json; charset=UTF-8", 200],
    ['application/json; charset="utf-8"', 200],
    ["application/json; charset=us-ascii", 200],
  ])("of the type %s is %i", async (type, status) => {
    for (const answer of await post(bytesOf('{"text":"x"}'), type)) {
      expect(answer.status).toBe(status);
    }
  });
});

describe("an address", () => {
  test.each([
    "/echo/api/things/caf%E9",
    "/echo/api/things/x?q=caf%E9",
    "/echo/api/things/x?q=%ED%A0%80",
    "/echo/api/things/x?unknown=%FF",
    "/echo/api/own/%C3%28",
    "/echo/pages/%E9",
    "/identity/providers?x=%E9",
    "/routing/journal?app=%E9",
    "/%E9",
  ])("%s is 400", async (path) => {
    const { status, body } = await world.send("GET", path);
    expect([status, body.type]).toEqual([400, "/problems/invalid-request"]);
    expect(body.detail).toContain("no percent-encoded UTF-8");
  });

  test("of any character, or with a lone percent sign, is taken as it is", async () => {
    const { body } = await world.send("GET", "/echo/api/things/caf%C3%A9?q=100%+%F0%9F%A6%84%zz");
    expect(body).toEqual({ name: "caf\u00e9", q: "100% \u{1f984}%zz" });
  });
});

test("an idempotency key, a receipt or an ETag that is not ASCII is 400", async () => {
  for (const name of ["idempotency-key", "understudy-session", "if-match"]) {
    const headers = { [name]: name === "if-match" ? '"caf\u00e9"' : "caf\u00e9" };
    const sent = await world.send("POST", "/echo/api/things", { body: { text: 1 }, headers });
    expect([name, sent.status]).toEqual([name, 400]);
  }
});

describe("a form", () => {
  const TYPE = "multipart/form-data; boundary=cut";
  const part = (headers: string, ...value: (string | number)[]) => [
    `--cut\r\nContent-Disposition: form-data; ${headers}\r\n\r\n`,
    ...value,
    "\r\n",
  ];
  const file = part('name="file"; filename="a.bin"', 0xff, 0xd8, 0xe9, 13, 10, 0x00);
  const form = (...parts: (string | number)[]) => parseForm(bytesOf(...parts, "--cut--\r\n"), TYPE);

  test("whose text is UTF-8 is read, whatever bytes its files hold", async () => {
    const parsed = await form(...part('name="title"', "caf\u00e9 \ufffd"), ...file);
    if (parsed.kind === "problem") throw new Error(parsed.detail);
    expect(parsed.form.get("title")).toBe("caf\u00e9 \ufffd");
    const read = parsed.form.get("file") as File;
    expect([...new Uint8Array(await read.arrayBuffer())]).toEqual([0xff, 0xd8, 0xe9, 13, 10, 0]);
  });

  test.each([
    ["a value", part('name="title"', "caf", 0xe9)],
    ["a name", ['--cut\r\nContent-Disposition: form-data; name="t', 0xe9, '"\r\n\r\nx\r\n']],
    [
      "a file name",
      ['--cut\r\nContent-Disposition: form-data; name="f"; filename="', 0xe9, '"\r\n\r\nx\r\n'],
    ],
  ])("with bytes that are no UTF-8 in %s is refused", async (_, wrong) => {
    for (const parts of [
      [...wrong, ...file],
      [...file, ...wrong],
    ]) {
      expect(await form(...parts)).toMatchObject({ kind: "problem", code: "invalid-request" });
    }
  });

  test("with a part in another charset is refused as a type that is not read", async () => {
    const latin = part('name="title"\r\nContent-Type: text/plain; charset=iso-8859-1', "x");
    expect(await form(...latin)).toMatchObject({ kind: "problem", code: "wrong-content-type" });
    const plain = part('name="title"\r\nContent-Type: text/plain; charset=utf-8', "x");
    expect(await form(...plain)).toMatchObject({ kind: "ok" });
  });

  test("that ends early, or is none, is refused", async () => {
    for (const text of ["", "--cut", "--cut\r\nContent-Disposition: form-data; name=x", "x"]) {
      expect(await parseForm(bytesOf(text), TYPE)).toMatchObject({ code: "invalid-request" });
    }
    expect(await parseForm(bytesOf("x"), "multipart/form-data")).toMatchObject({ kind: "problem" });
  });
});
