/**
 * What every adapter of ImageProcessor has to keep. Runs in the adapter's own test.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  DEFAULT_IMAGE_LIMITS,
  IMAGE_FORMATS,
  type ImageProcessor,
  type ImageRequest,
  LONGEST_EDGE,
  SIZES,
} from "./port.ts";
import { ATTACKS } from "./testing/attacks.ts";
import { ODDITIES } from "./testing/oddities.ts";
import { SAMPLE_HEIGHT, SAMPLE_WIDTH, samplePicture } from "./testing/samples.ts";

export interface ImagesContractSetup {
  readonly processor: ImageProcessor;
  readonly close?: () => void;
}

export function describeImagesContract(
  adapter: string,
  setUp: () => ImagesContractSetup | Promise<ImagesContractSetup>,
): void {
  describe(`${adapter} keeps the contract of pictures`, () => {
    let setup: ImagesContractSetup;
    beforeAll(async () => {
      setup = await setUp();
    });
    afterAll(() => setup.close?.());
    const draw = (bytes: Uint8Array, more: Partial<ImageRequest> = {}) =>
      setup.processor.process({ bytes, limits: DEFAULT_IMAGE_LIMITS, ...more });

    test.each(IMAGE_FORMATS)("%s is recognised and drawn in every size", async (format) => {
      const outcome = await draw(samplePicture(format), { declaredType: `image/${format}` });
      if (outcome.kind === "failed") throw new Error(outcome.reason);
      expect(outcome.value.format).toBe(format);
      expect(outcome.value.placeholder).toMatch(/^data:image\/[a-z]+;base64,[\w+/=]+$/);
      expect(outcome.value.placeholder.length).toBeLessThan(1_500);
      expect(outcome.value.renditions.full.contentType).toBe(`image/${format}`);
      for (const size of SIZES) {
        const { bytes, width, height, contentType } = outcome.value.renditions[size];
        expect(bytes.length).toBeGreaterThan(0);
        // A small picture stays as small as it is.
        expect([width, height]).toEqual([SAMPLE_WIDTH, SAMPLE_HEIGHT]);
        expect(contentType).toMatch(/^image\//);
        expect(Math.max(width, height)).toBeLessThanOrEqual(LONGEST_EDGE[size]);
      }
    });

    test("without a declared type, or with one that claims nothing, the content decides", async () => {
      for (const declaredType of [undefined, "", "application/octet-stream", "image/jpg"]) {
        const outcome = await draw(samplePicture("jpeg"), { declaredType });
        expect(outcome.kind, String(declaredType)).toBe("ok");
      }
    });

    test("equal bytes give equal renditions, other bytes others", async () => {
      const drawn = async (format: "png" | "webp") => {
        const outcome = await draw(samplePicture(format));
        if (outcome.kind === "failed") throw new Error(outcome.reason);
        return [...outcome.value.renditions.thumb.bytes];
      };
      expect(await drawn("png")).toEqual(await drawn("png"));
      expect(await drawn("png")).not.toEqual(await drawn("webp"));
    });

    test("more bytes than are allowed are refused, whatever they are", async () => {
      const sizeBytes = samplePicture("png").length - 1;
      const outcome = await draw(samplePicture("png"), {
        limits: { ...DEFAULT_IMAGE_LIMITS, sizeBytes },
      });
      expect(outcome).toMatchObject({ kind: "failed", code: "too-many-bytes" });
    });

    test.each(ODDITIES)(
      "$name is taken by its content",
      async ({ bytes, declaredType, format }) => {
        const outcome = await draw(bytes, { declaredType });
        if (outcome.kind === "failed") throw new Error(outcome.reason);
        expect(outcome.value.format).toBe(format);
        const { width, height, contentType } = outcome.value.renditions.full;
        expect([width, height, contentType]).toEqual([
          SAMPLE_WIDTH,
          SAMPLE_HEIGHT,
          `image/${format}`,
        ]);
      },
    );

    test.each(ATTACKS)("$name is refused as $code", async ({ bytes, declaredType, code, says }) => {
      const outcome = await draw(bytes, { declaredType });
      expect(outcome).toMatchObject({ kind: "failed", code });
      expect(outcome.kind === "failed" && outcome.reason).toMatch(says);
    });
  });
}
