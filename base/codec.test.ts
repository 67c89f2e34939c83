import fc from "fast-check";
import { expect, test } from "vitest";
import { createFormat } from "./codec.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

const parsePoint = (body: unknown): Point => {
  const { x, y } = body as Partial<Point>;
  if (typeof x !== "number" || typeof y !== "number") throw new Error("x and y must be numbers");
  return { x, y };
};
const parsePair = (body: unknown): readonly [number, number] => {
  const [x, y] = body as [number, number];
  return [x, y];
};

const first = createFormat({ name: "point", version: 1, parse: parsePair });
const second = createFormat({
  name: "point",
  version: 2,
  parse: parsePoint,
  upgrade: (body) => {
    const [x, y] = parsePair(body);
    return { x, y };
  },
});
const third = createFormat({ name: "point", version: 3, parse: parsePoint, upgrade: (b) => b });

const refusal = (decoded: { kind: string; code?: string }) =>
  decoded.kind === "failed" ? decoded.code : "accepted";

test("what a build wrote, the same build reads back", () => {
  fc.assert(
    fc.property(fc.record({ x: fc.integer(), y: fc.integer() }), (point) => {
      expect(second.decode(second.encode(point))).toEqual({ kind: "ok", value: point });
      expect(second.unwrap(second.wrap(point))).toEqual({ kind: "ok", value: point });
    }),
  );
});

test("every document carries its version from the first one on", () => {
  expect(JSON.parse(first.encode([1, 2]))).toEqual({ format: "point", version: 1, body: [1, 2] });
});

test("a build reads the version before its own", () => {
  expect(second.decode(first.encode([3, 4]))).toEqual({ kind: "ok", value: { x: 3, y: 4 } });
});

test("a newer format is refused untouched, and the refusal says what to do", () => {
  const document = Object.freeze(third.wrap({ x: 1, y: 2 }));
  const before = JSON.stringify(document);
  const decoded = second.unwrap(document);
  expect(refusal(decoded)).toBe("too-new");
  expect(decoded.kind === "failed" && decoded.reason).toMatch(/version 3 .* up to 2.*newer build/);
  expect(JSON.stringify(document)).toBe(before);
});

test("a format two versions back is refused and names the way through", () => {
  expect(refusal(third.decode(first.encode([1, 2])))).toBe("too-old");
});

test("a body that does not fit is refused with the reason", () => {
  const decoded = second.unwrap({ format: "point", version: 2, body: { x: "1" } });
  expect(decoded).toEqual({
    kind: "failed",
    code: "invalid",
    reason: "point: x and y must be numbers",
  });
  expect(refusal(second.unwrap({ format: "point", version: 1, body: null }))).toBe("invalid");
});

test("a document of another format is refused", () => {
  expect(refusal(second.unwrap({ format: "line", version: 2, body: {} }))).toBe("other-format");
});

test("no text makes decoding throw", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      expect(["not-json", "other-format", "invalid"]).toContain(refusal(second.decode(text)));
    }),
  );
  expect(refusal(second.unwrap({ format: "point", version: 0, body: {} }))).toBe("other-format");
  expect(refusal(second.unwrap({ format: "point", version: 1.5, body: {} }))).toBe("other-format");
});

test("a second version without an upgrade is a bug, found when the format is made", () => {
  expect(() => createFormat({ name: "point", version: 2, parse: parsePoint })).toThrow("upgrade");
});
