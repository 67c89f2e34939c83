import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anatomyOf, formatOf } from "./formats.ts";
import { judgeImage } from "./judgement.ts";
import { IMAGE_FORMATS, DEFAULT_IMAGE_LIMITS as limits } from "./port.ts";
import { bytesOf, SAMPLE_HEIGHT, SAMPLE_WIDTH, samplePicture } from "./testing/samples.ts";

describe("the anatomy of a picture", () => {
  test.each(IMAGE_FORMATS)("of %s is its size and its end, whatever follows", (format) => {
    const picture = samplePicture(format);
    const whole = { width: SAMPLE_WIDTH, height: SAMPLE_HEIGHT, frames: 1, end: picture.length };
    expect(formatOf(picture)).toBe(format);
    expect(anatomyOf(format, picture)).toEqual(whole);
    if (format === "avif") return;
    const longer = new Uint8Array([...picture, ...new Uint8Array(100)]);
    expect(anatomyOf(format, longer)).toEqual(whole);
  });

  test.each(IMAGE_FORMATS)("of %s has no end when any part of its tail is missing", (format) => {
    const picture = samplePicture(format);
    for (let length = 12; length < picture.length; length++) {
      expect(anatomyOf(format, picture.slice(0, length)).end, `${length}`).toBeUndefined();
    }
  });

  test("is found in any bytes at all, without an error and within them", () => {
    const heads = IMAGE_FORMATS.map((format) => samplePicture(format).slice(0, 40));
    fc.assert(
      fc.property(
        fc.constantFrom(...heads),
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(40),
        (head, tail, keep) => {
          const bytes = new Uint8Array([...head.slice(0, keep), ...tail]);
          const format = formatOf(bytes);
          if (format !== undefined) {
            const { end } = anatomyOf(format, bytes);
            expect(end ?? 0).toBeLessThanOrEqual(bytes.length);
          }
          expect(["ok", "failed"]).toContain(judgeImage({ bytes, limits }).kind);
        },
      ),
    );
  });
});

describe("what cameras put behind a picture is no attack", () => {
  const picture = samplePicture("jpeg");
  test.each([
    ["padding", new Uint8Array(4_096)],
    ["a second picture", samplePicture("jpeg")],
    ["a short film", bytesOf("\0\0\0\x18ftypmp42\0\0\0\0mp42isom")],
  ])("%s", (_, more) => {
    const bytes = new Uint8Array([...picture, ...more]);
    expect(judgeImage({ bytes, limits }).kind).toBe("ok");
  });
});

test("pictures of other kinds are told by their names", () => {
  const reasonOf = (text: string) => {
    const judged = judgeImage({ bytes: bytesOf(text), limits });
    return judged.kind === "failed" ? judged.reason : "";
  };
  expect(reasonOf("\0\0\0\x18ftypheic\0\0\0\0mif1heic")).toMatch(/HEIC.*JPEG first/);
  expect(reasonOf("\0\0\0\x18ftypqt  \0\0\0\0qt  ")).toMatch(/film/);
  expect(reasonOf("II*\0........")).toMatch(/TIFF/);
  expect(reasonOf("%PDF-1.4")).toMatch(/PDF/);
});
