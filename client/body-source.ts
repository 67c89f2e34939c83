/**
 * A body that the caller's own code makes while it is sent: a stream, one of Node's, a generator.
 * *shell*
 *
 * It is read through a stream of ours, so that its fault is known from one of the connection.
 */

/** ReadableStreams are iterable too, in some places. */
export type BodySource = AsyncIterable<Uint8Array | string> | ReadableStream<Uint8Array>;

interface Parts {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  end(reason: unknown): unknown;
}

export const isSource = (body: unknown): body is BodySource =>
  body instanceof ReadableStream ||
  (typeof body === "object" && body !== null && Symbol.asyncIterator in body);

/** Nothing is read before the first attempt asks for it. `failed` is told before the stream breaks. */
export function streamOf(
  source: BodySource,
  failed: (fault: TypeError) => void,
): ReadableStream<Uint8Array> {
  let parts: Parts | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          parts ??= partsOf(source);
          const { done, value } = await parts.next();
          if (done === true) controller.close();
          else controller.enqueue(bytesOf(value));
        } catch (cause) {
          const fault = new TypeError("fetch: the body that it was given broke", { cause });
          failed(fault);
          throw fault;
        }
      },
      cancel: async (reason) => void (await (parts ?? partsOf(source)).end(reason)),
    },
    { highWaterMark: 0 },
  );
}

function partsOf(source: BodySource): Parts {
  if (source instanceof ReadableStream) {
    const reader = source.getReader();
    return { next: () => reader.read(), end: (reason) => reader.cancel(reason) };
  }
  const iterator = source[Symbol.asyncIterator]();
  return { next: () => iterator.next(), end: () => iterator.return?.() };
}

const encoder = new TextEncoder();

function bytesOf(part: unknown): Uint8Array {
  if (typeof part === "string") return encoder.encode(part);
  if (ArrayBuffer.isView(part)) {
    return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
  }
  throw new TypeError(`fetch: a body is made of text and bytes, got ${typeof part}`);
}
