import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseForm } from "./form.ts";

const TYPE = "multipart/form-data; boundary=cut";
const END = "--cut--\r\n";
const bytesOf = (text: string) => new TextEncoder().encode(text);
const part = (headers: string, value = "data") => `--cut\r\n${headers}\r\n\r\n${value}\r\n`;
const file = (parameters: string) =>
  part(`Content-Disposition: form-data; ${parameters}\r\nContent-Type: image/jpeg`);
const FILE = file('name="file"; filename="a.jpg"');

const BINARY = "--cut\r\nContent-Transfer-Encoding: Binary";

const read = async (body: string | Uint8Array<ArrayBuffer>, type = TYPE) => {
  const parsed = await parseForm(typeof body === "string" ? bytesOf(body) : body, type);
  if (parsed.kind === "problem") return { code: parsed.code, detail: parsed.detail };
  return Promise.all(
    [...parsed.form].map(async ([name, value]) =>
      typeof value === "string"
        ? [name, value]
        : [name, value.name, value.type, await value.text()],
    ),
  );
};
const oneFile = (name: string) => [["file", name, "image/jpeg", "data"]];

describe("the name of a file is taken", () => {
  test.each([
    ["quoted", 'name="file"; filename="a.jpg"', "a.jpg"],
    ["bare", "name=file; filename=a.jpg", "a.jpg"],
    ["bare with spaces around", "name = file ; filename = a.jpg ", "a.jpg"],
    ["with the names of parameters in capitals", 'NAME="file"; FileName="a.jpg"', "a.jpg"],
    ["in the extended form", "name=\"file\"; filename*=UTF-8''%e2%82%ac.jpg", "€.jpg"],
    ["in the extended form first", "name=file; filename=e.jpg; filename*=utf-8'en'%C3%A4", "ä"],
    ["in the extended form in Latin-1", "name=file; filename*=ISO-8859-1''%A3.jpg", "£.jpg"],
    ["plain where the extended form is not read", "name=file; filename=a; filename*=x''%A3", "a"],
    ["in UTF-8", 'name="file"; filename="größe.jpg"', "größe.jpg"],
    ["with an escaped quote", 'name="file"; filename="a\\"b.jpg"', 'a"b.jpg'],
    ["with a quote as browsers write it", 'name="file"; filename="a%22b%20.jpg"', 'a"b%20.jpg'],
    ["with a semicolon", 'name="file"; filename="a;b.jpg"', "a;b.jpg"],
    ["with what looks like a parameter", 'name="file"; filename="a; name=x.jpg"', "a; name=x.jpg"],
    ["empty", 'name="file"; filename=""', ""],
    ["on a line of its own", 'name="file";\r\n filename="a.jpg"', "a.jpg"],
    ["with a parameter that nobody knows", 'size=5; name=file; filename="a.jpg"', "a.jpg"],
  ])("%s", async (_, parameters, name) => {
    expect(await read(file(parameters) + END)).toEqual(oneFile(name));
  });

  test("as none where a part without one is a picture", async () => {
    expect(await read(file('name="file"') + END)).toEqual(oneFile(""));
  });
});

describe("a form is read", () => {
  test.each([
    ["with a preamble", `This is a form.\r\n${FILE}${END}`],
    ["with a preamble that begins like a boundary", `--cutting\r\n--cut x\r\n${FILE}${END}`],
    ["with an empty line first", `\r\n${FILE}${END}`],
    ["with an epilogue", `${FILE}${END}\r\nThat was it.\r\n--cut\r\n`],
    ["without a line end at its end", `${FILE}--cut--`],
    ["with spaces behind its boundaries", `${FILE.replace("--cut", "--cut \t")}--cut--  \r\n`],
    ["with lines that end in LF alone", `${FILE}${END}`.replaceAll("\r\n", "\n")],
    ["with a preamble and LF alone", `preamble\r\n\n${`${FILE}${END}`.replaceAll("\r\n", "\n")}`],
    ["with headers in capitals", FILE.replace(/Content-\w+/g, (name) => name.toUpperCase()) + END],
    ["with headers that are not known", FILE.replace("--cut", "--cut\r\nX-Mood: good") + END],
    ["with an encoding that changes nothing", `${FILE.replace("--cut", BINARY)}${END}`],
  ])("%s", async (_, body) => {
    expect(await read(body)).toEqual(oneFile("a.jpg"));
  });

  test("of several files and fields, in order, whatever is in them", async () => {
    const field = part(
      'Content-Disposition: form-data; name="title"',
      "--cut is\r\n\r\n--cutting\n",
    );
    const empty = part("Content-Disposition: form-data; name=nothing", "");
    expect(await read(FILE + field + empty + FILE + END)).toEqual([
      ...oneFile("a.jpg"),
      ["title", "--cut is\r\n\r\n--cutting\n"],
      ["nothing", ""],
      ...oneFile("a.jpg"),
    ]);
    expect(await read(END)).toEqual([]);
  });

  test("whose boundary is quoted, or has all the signs that it may", async () => {
    const boundary = "a'()+_,-./:=? b";
    const type = `Multipart/Form-Data; charset=utf-8; Boundary="${boundary}"`;
    expect(await read((FILE + END).replaceAll("--cut", `--${boundary}`), type)).toEqual(
      oneFile("a.jpg"),
    );
  });

  test("as the platform writes it, whatever its names and bytes are", async () => {
    const word = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(word, fc.oneof(word, fc.uint8Array({ maxLength: 60 }))), {
          maxLength: 5,
        }),
        async (fields) => {
          const form = new FormData();
          for (const [name, value] of fields) {
            if (typeof value === "string") form.append(name, value);
            else form.append(name, new File([value as Uint8Array<ArrayBuffer>], name));
          }
          const sent = new Response(form);
          const type = sent.headers.get("content-type") ?? "";
          const parsed = await parseForm(new Uint8Array(await sent.arrayBuffer()), type);
          if (parsed.kind === "problem") throw new Error(parsed.detail);
          const shown = (all: FormData) =>
            Promise.all(
              [...all].map(async ([name, value]) =>
                typeof value === "string"
                  ? [name, value]
                  : [name, value.name, [...new Uint8Array(await value.arrayBuffer())]],
              ),
            );
          // Line ends of names and values are written as CRLF.
          const lines = (text: string) => text.replace(/\r\n?|\n/g, "\r\n");
          const expected = (await shown(form)).map((row) =>
            row.map((cell) => (typeof cell === "string" ? lines(cell) : cell)),
          );
          expect(await shown(parsed.form)).toEqual(expected);
        },
      ),
    );
  });

  test("of 25 MB of line ends as well, each byte of it", async () => {
    const body = new Uint8Array(25 * 2 ** 20).fill(13);
    const head = FILE.slice(0, FILE.lastIndexOf("data"));
    body.set(bytesOf(head));
    body.set(bytesOf(`\r\n${END}`), body.length - END.length - 2);
    const parsed = await parseForm(body, TYPE);
    const file = parsed.kind === "ok" ? (parsed.form.get("file") as File) : undefined;
    expect(file?.size).toBe(body.length - head.length - END.length - 2);
  });
});

describe("a form is refused", () => {
  const DISPOSITION = "Content-Disposition: form-data; name=x";
  test.each([
    ["without a boundary in its type", FILE + END, /names no boundary/, "multipart/form-data"],
    ["with an empty boundary", FILE + END, /names no boundary/, 'multipart/form-data; boundary=""'],
    ["without the boundary that it names", "data", /not hold the boundary/],
    ["that is empty", "", /not hold the boundary/],
    ["of another boundary", (FILE + END).replaceAll("cut", "cat"), /not hold the boundary/],
    ["that ends before its last boundary", FILE, /ends early/],
    ["that ends within a part", FILE.slice(0, -3), /ends early/],
    ["that ends within the headers of a part", FILE.slice(0, 40), /ends early/],
    [
      "with headers that end otherwise than its lines, and would hide the next part",
      `--cut\r\n${DISPOSITION}\n\ndata\r\n${FILE}${END}`,
      /headers of a part do not end/,
    ],
    [
      "with headers that the next boundary ends",
      `--cut\r\n${DISPOSITION}\r\n${FILE}${END}`,
      /headers of a part do not end/,
    ],
    [
      "with headers that the last boundary ends",
      `--cut\r\n${DISPOSITION}\r\n${END}\r\n\r\n`,
      /headers of a part do not end/,
    ],
    ["with one boundary upon another", `--cut\r\n${FILE}${END}`, /headers of a part do not end/],
    ["whose headers have no end", `--cut\r\n${"x: y\r\n".repeat(5_000)}`, /more than 16384 bytes/],
    [
      "with a huge header",
      part(`${DISPOSITION}\r\nX: ${"y".repeat(17_000)}`) + END,
      /more than 163/,
    ],
    ["with more parts than anybody sends", part(DISPOSITION).repeat(1_001) + END, /1000 parts/],
    [
      "with a part that has no name",
      part("Content-Disposition: form-data") + END,
      /no Content-Dis/,
    ],
    [
      "with a part without a disposition",
      part("Content-Type: text/plain") + END,
      /no Content-Disp/,
    ],
    ["with a part without headers", `--cut\r\n\r\ndata\r\n${END}`, /no Content-Disposition/],
    [
      "with an attachment",
      part("Content-Disposition: attachment; name=x") + END,
      /no Content-Dispos/,
    ],
    [
      "with an extended name that is none",
      file("name=file; filename*=UTF-8''%e2%82") + END,
      /8187/,
    ],
    ["with an extended name of no charset", file("name=file; filename*=%e2%82%ac") + END, /8187/],
  ])("%s", async (_, body, detail, type = TYPE) => {
    const refused = await read(body, type);
    expect(refused).toEqual({ code: "invalid-request", detail: expect.stringMatching(detail) });
  });

  test.each([
    ["a form within it", `${DISPOSITION}\r\nContent-Type: multipart/mixed; boundary=b`],
    ["a part in base64", `${DISPOSITION}; filename=a\r\nContent-Transfer-Encoding: base64`],
    ["a part in another charset", `${DISPOSITION}\r\nContent-Type: text/plain; charset="latin1"`],
  ])("with %s, as a type that is not read", async (_, headers) => {
    expect(await read(part(headers) + END)).toMatchObject({ code: "wrong-content-type" });
  });

  test("or read, and never a fault, whatever is sent", async () => {
    const piece = fc.constantFrom(
      "--cut",
      "--",
      "\r\n",
      "\n",
      "\r",
      " ",
      ":",
      ";",
      '"',
      "=",
      "*",
      "'",
      "Content-Disposition: form-data",
      "name",
      "filename",
      "UTF-8''%e4",
      "x",
      "\u00e4",
    );
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
        await parseForm(bytesOf(pieces.join("")), TYPE);
      }),
      { numRuns: 1_000 },
    );
  });
});
