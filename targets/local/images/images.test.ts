import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { must } from "../../../base/assert.ts";
import { describeImagesContract } from "../../../layers/images/contract.ts";
import { DEFAULT_IMAGE_LIMITS, type ImageRequest } from "../../../layers/images/port.ts";
import { samplePicture } from "../../../layers/images/testing/samples.ts";
import { createSharpImageProcessor, type SharpImageProcessor } from "./image-processor.ts";

let program: URL;
let processor: SharpImageProcessor;

beforeAll(async () => {
  const bundler = new URL("../link/bundled.mjs", import.meta.url).href;
  const { bundled } = (await import(bundler)) as { bundled: (entry: string) => Promise<string> };
  const entry = fileURLToPath(new URL("./drawing.test-program.ts", import.meta.url));
  program = pathToFileURL(await bundled(entry));
  processor = createSharpImageProcessor(program);
});

afterAll(() => {
  processor?.close();
  if (program !== undefined) rmSync(dirname(fileURLToPath(program)), { recursive: true });
});

describeImagesContract("sharp in a process of its own", () => ({ processor }));

const draw = async (bytes: Uint8Array, more: Partial<ImageRequest> = {}) => {
  const outcome = await processor.process({ bytes, limits: DEFAULT_IMAGE_LIMITS, ...more });
  if (outcome.kind === "failed") throw new Error(`${outcome.code}: ${outcome.reason}`);
  return outcome.value;
};

const plain = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: "#336699" } });

/** Red above, blue below. */
const twoHalves = (width: number, height: number) =>
  plain(width, height).composite([
    {
      input: { create: { width, height: height / 2, channels: 3, background: "#ff0000" } },
      gravity: "north",
    },
    {
      input: { create: { width, height: height / 2, channels: 3, background: "#0000ff" } },
      gravity: "south",
    },
  ]);

describe("what is drawn", () => {
  test("is upright, and holds neither place nor device nor any other metadata", async () => {
    const sent = await twoHalves(80, 60)
      .withExif({
        IFD0: { Make: "A camera", Copyright: "somebody", Orientation: "6" },
        IFD3: { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 0/1" },
      })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect((await sharp(sent).metadata()).exif?.length).toBeGreaterThan(50);
    const { renditions } = await draw(sent);
    for (const { bytes, width, height } of Object.values(renditions)) {
      expect([width, height]).toEqual([60, 80]);
      const found = await sharp(bytes).metadata();
      expect([found.exif, found.xmp, found.iptc, found.icc, found.orientation]).toEqual(
        Array.from({ length: 5 }, () => undefined),
      );
      // Orientation 6 is a quarter turn to the right: what was above is on the right.
      const { data } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
      const right = (40 * width + width - 5) * 3;
      expect(data[right]).toBeGreaterThan(200);
      expect(data[right + 2]).toBeLessThan(60);
    }
  });

  test("has at most the edge of its size, and keeps its shape", async () => {
    const { renditions } = await draw(await plain(5_000, 2_500).jpeg().toBuffer());
    const sizes = Object.values(renditions).map(({ width, height }) => [width, height]);
    expect(sizes).toEqual([
      [480, 240],
      [1_600, 800],
      [4_096, 2_048],
    ]);
  });

  test("is in sRGB, whether it came grey, transparent, or in sixteen bits", async () => {
    for (const sent of [
      await plain(40, 30).greyscale().jpeg().toBuffer(),
      await plain(40, 30).toColourspace("rgb16").png().toBuffer(),
      await plain(40, 30).ensureAlpha(0.5).png().toBuffer(),
      await plain(40, 30).toColourspace("cmyk").jpeg().toBuffer(),
    ]) {
      const { renditions } = await draw(sent);
      const { space, depth } = await sharp(renditions.large.bytes).metadata();
      expect([space, depth]).toEqual(["srgb", "uchar"]);
    }
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "of a film is upright as a still is, from orientation %i",
    async (orientation) => {
      // A quarter of each picture is white, so that every turn and mirror shows.
      const corner = await sharp({
        create: { width: 24, height: 10, channels: 3, background: "#fff" },
      })
        .png()
        .toBuffer();
      const still = (background: string) =>
        sharp({ create: { width: 64, height: 48, channels: 3, background } })
          .composite([{ input: corner, left: 0, top: 0 }])
          .png()
          .toBuffer();
      const frames = await Promise.all(["#800", "#008"].map(still));
      const options = { lossless: true, delay: [70, 210], loop: 3 };
      const sent = await sharp(frames, { join: { animated: true } })
        .webp(options)
        .withMetadata({ orientation })
        .toBuffer();
      const { full, thumb } = (await draw(sent)).renditions;
      expect([full.width, full.height]).toEqual([thumb.width, thumb.height]);
      expect(await sharp(full.bytes).metadata()).toMatchObject({
        pages: 2,
        delay: [70, 210],
        loop: 3,
      });
      for (const page of [0, 1]) {
        const upright = sharp(
          await sharp(frames[page]).withMetadata({ orientation }).png().toBuffer(),
          { autoOrient: true },
        );
        const drawn = await sharp(full.bytes, { page }).removeAlpha().raw().toBuffer();
        const expected = await upright.removeAlpha().raw().toBuffer();
        const wrong = expected.filter(
          (value, at) => Math.abs(value - (drawn[at] ?? 999)) > 64,
        ).length;
        expect([drawn.length, wrong < expected.length / 50]).toEqual([expected.length, true]);
      }
    },
  );

  test("of 8,192 x 6,144 is drawn within its limits", async () => {
    const sent = await plain(8_192, 6_144).jpeg().toBuffer();
    const { renditions } = await draw(sent);
    expect([renditions.full.width, renditions.full.height]).toEqual([4_096, 3_072]);
    const peak = peakBytes(must(processor.pid, "it is there"));
    expect(peak).toBeLessThan(640 * 2 ** 20);
  });

  test("of a film is a film in full size, and its first frame in the others", async () => {
    const frames = await Promise.all(
      ["#ff0000", "#00ff00", "#0000ff"].map((background) =>
        sharp({ create: { width: 64, height: 48, channels: 3, background } })
          .png()
          .toBuffer(),
      ),
    );
    const sent = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { renditions } = await draw(sent);
    expect((await sharp(renditions.full.bytes, { animated: true }).metadata()).pages).toBe(3);
    expect([renditions.full.width, renditions.full.height]).toEqual([64, 48]);
    const { dominant } = await sharp(renditions.thumb.bytes).stats();
    expect(dominant.r).toBeGreaterThan(200);
  });
});

describe("a decoder that fails", () => {
  test("refuses what is damaged inside, though its container is whole", async () => {
    const sent = await plain(300, 200).png().toBuffer();
    sent.fill(0x55, 60, sent.length - 30);
    const outcome = await processor.process({ bytes: sent, limits: DEFAULT_IMAGE_LIMITS });
    expect(outcome).toMatchObject({ kind: "failed", code: "broken" });
  });

  test("does not take memory for what a header hides", async () => {
    const small = await plain(10, 10).png().toBuffer();
    // Compressed text of 64 MiB in some 64 kB, before the picture.
    const { deflateSync } = await import("node:zlib");
    const bomb = chunk(
      "zTXt",
      Buffer.concat([Buffer.from("x\0\0"), deflateSync(Buffer.alloc(2 ** 26))]),
    );
    const sent = Buffer.concat([small.subarray(0, 33), bomb, small.subarray(33)]);
    await draw(samplePicture("png"));
    const before = residentBytes(must(processor.pid, "it is there"));
    await processor.process({ bytes: sent, limits: DEFAULT_IMAGE_LIMITS });
    const after = residentBytes(must(processor.pid, "it is there"));
    expect(after - before).toBeLessThan(32 * 2 ** 20);
  });

  test("costs one picture when it hangs: the next is drawn by a new process", async () => {
    await draw(samplePicture("png"));
    const first = processor.pid;
    // So large that it cannot be done within a millisecond.
    const slow = await plain(3_000, 3_000).jpeg().toBuffer();
    const outcome = await processor.process({
      bytes: slow,
      limits: { ...DEFAULT_IMAGE_LIMITS, timeMs: 1 },
    });
    expect(outcome).toMatchObject({ kind: "failed", code: "too-slow" });
    expect((await draw(samplePicture("png"))).format).toBe("png");
    expect(processor.pid).not.toBe(first);
  });

  test("that is killed in the middle is started again, and the picture is drawn", async () => {
    const large = await plain(4_000, 3_000).jpeg().toBuffer();
    await draw(samplePicture("png"));
    const under = draw(large);
    process.kill(must(processor.pid, "it is there"), "SIGKILL");
    expect((await under).renditions.full.width).toBe(4_000);
  });

  test("answers `busy` when too much waits, and goes on afterwards", async () => {
    const bytes = samplePicture("gif");
    const outcomes = await Promise.all(
      Array.from({ length: 70 }, () => processor.process({ bytes, limits: DEFAULT_IMAGE_LIMITS })),
    );
    const busy = outcomes.filter((one) => one.kind === "failed" && one.code === "busy");
    expect(busy).toHaveLength(70 - 64);
    expect((await draw(bytes)).format).toBe("gif");
  });
});

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** Linux alone says it; elsewhere what is resident now has to do. */
const peakBytes = (pid: number): number => {
  const file = `/proc/${pid}/status`;
  const peak = existsSync(file) ? /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(file, "utf8")) : null;
  return peak === null ? residentBytes(pid) : Number(peak[1]) * 1024;
};

const residentBytes = (pid: number): number =>
  Number(execFileSync("ps", ["-o", "rss=", "-p", String(pid)], { encoding: "utf8" })) * 1024;
