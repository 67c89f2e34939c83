/**
 * Frames on a link's byte stream: eight bytes of header, then the payload. *pure*
 *
 *   0    2         3      4          8
 *   | UL | version | kind | length   | payload ...
 *
 * The reader keeps at most one frame of the announced length, and the announced length is checked
 * before anything is kept: before the handshake is done a frame has 4 KB at most.
 */
export const WIRE_VERSION = 1;
export const HEADER_BYTES = 8;
export const MAX_FRAME_BYTES = 16 * 1024 * 1024;
export const MAX_HANDSHAKE_BYTES = 4096;

const MAGIC = 0x554c;

export const FRAME = { hello: 1, challenge: 2, proof: 3, welcome: 4, message: 5 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

/** The other side speaks something else; the connection cannot go on. */
export class FrameError extends Error {
  override readonly name = "FrameError";
}

export function writeHeader(
  target: Buffer,
  at: number,
  kind: FrameKind,
  lengthBytes: number,
): void {
  target.writeUInt16BE(MAGIC, at);
  target[at + 2] = WIRE_VERSION;
  target[at + 3] = kind;
  target.writeUInt32BE(lengthBytes, at + 4);
}

export function encodeFrame(kind: FrameKind, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  writeHeader(frame, 0, kind, payload.length);
  frame.set(payload, HEADER_BYTES);
  return frame;
}

export class FrameReader {
  #chunks: Buffer[] = [];
  #bytes = 0;
  #needed = HEADER_BYTES;
  #limitBytes = MAX_HANDSHAKE_BYTES;
  #stopped = false;

  /** The peer has shown who it is: full-sized frames from here on. */
  trust(): void {
    this.#limitBytes = MAX_FRAME_BYTES;
  }

  /** Nothing more is handed on. */
  stop(): void {
    this.#stopped = true;
    this.#chunks = [];
    this.#bytes = 0;
  }

  /** Hands on every frame that is complete; throws FrameError on what is no frame. */
  push(chunk: Buffer, onFrame: (kind: number, payload: Buffer) => void): void {
    if (this.#stopped) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes < this.#needed) return;
    const data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks, this.#bytes);
    let at = 0;
    this.#needed = HEADER_BYTES;
    while (data.length - at >= HEADER_BYTES) {
      const length = this.#lengthAt(data, at);
      const end = at + HEADER_BYTES + length;
      if (end > data.length) {
        this.#needed = HEADER_BYTES + length;
        break;
      }
      onFrame(data[at + 3] as number, data.subarray(at + HEADER_BYTES, end));
      if (this.#stopped) return;
      at = end;
    }
    this.#chunks = at === data.length ? [] : [data.subarray(at)];
    this.#bytes = data.length - at;
  }

  #lengthAt(data: Buffer, at: number): number {
    if (data.readUInt16BE(at) !== MAGIC) throw new FrameError("what arrived is no frame");
    const version = data[at + 2] as number;
    if (version !== WIRE_VERSION) {
      throw new FrameError(`frame version ${version}, this process reads version ${WIRE_VERSION}`);
    }
    const length = data.readUInt32BE(at + 4);
    if (length > this.#limitBytes) {
      throw new FrameError(`a frame of ${length} bytes, at most ${this.#limitBytes} are taken`);
    }
    return length;
  }
}
