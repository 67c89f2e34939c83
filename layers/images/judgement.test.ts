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
    const longer = new Uint8Array([...picture, ...new Uint8Array(100)]);
    expect(anatomyOf(format, longer)).toEqual(whole);
  });

  test.each(IMAGE_FORMATS)("of %s has no end when any part of its tail is missing", (format) => {
    const picture = samplePicture(format);
    // A GIF is whole without its last byte, which many makers leave out.
    const whole = format === "gif" ? picture.length - 1 : picture.length;
    for (let length = 12; length < whole; length++) {
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

test("a GIF is whole where its last frame is, and cut off within one", () => {
  const frame = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 0x01, 0];
  const head = [...bytesOf("GIF89a"), 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
  const bytes = Uint8Array.from([...head, ...frame, ...frame]);
  expect(anatomyOf("gif", bytes)).toMatchObject({ frames: 2, end: bytes.length });
  for (let cut = 1; cut < frame.length; cut++) {
    expect(anatomyOf("gif", bytes.slice(0, -cut)).end, `${cut}`).toBeUndefined();
  }
  expect(anatomyOf("gif", bytes.slice(0, head.length)).end).toBeUndefined();
});

test("a picture may have the pixels of 8,192 x 6,144, and not one more line", () => {
  const png = samplePicture("png").slice();
  const sized = (width: number, height: number) => {
    new DataView(png.buffer).setUint32(16, width);
    new DataView(png.buffer).setUint32(20, height);
    return judgeImage({ bytes: png, limits });
  };
  expect(sized(8_192, 6_144)).toMatchObject({ kind: "ok" });
  expect(sized(8_192, 6_145)).toMatchObject({ code: "too-many-pixels" });
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
