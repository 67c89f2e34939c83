/**
 * A region's answer that is kept whole before anything of it leaves: small ones, so that a region
 * which dies in the middle costs a retry and not half an answer, and refusals, which are read.
 */
import type { ServerResponse } from "node:http";

export const KEPT_BYTES = 64 * 1024;

export type Verdict = "final" | "refused" | "unknown" | "unavailable";

export const isHealthy = (status: number): boolean => status < 500;

export class KeptAnswer {
  readonly status: number;
  readonly text: string;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  #chunks: Buffer[] = [];
  #bytes = 0;
  #problem: Readonly<Record<string, unknown>> | undefined;

  constructor(status: number, text: string, headers: readonly string[]) {
    this.status = status;
    this.text = text;
    this.headers = headers;
  }

  /** Whether it is still small. */
  add(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    return this.#bytes <= KEPT_BYTES;
  }

  body(): Buffer {
    const [first] = this.#chunks;
    if (first === undefined) return Buffer.alloc(0);
    return this.#chunks.length === 1 ? first : Buffer.concat(this.#chunks);
  }

  /**
   * As a string of one byte per character, Node sends head and body as one; and ended only after it
   * was written, as one plain write, which is half the price of a gathered one.
   */
  endInto(response: ServerResponse): void {
    const { socket } = response;
    if (this.#bytes === 0 || socket === null || socket.writableCorked > 0) {
      response.end(this.body());
      return;
    }
    response.write(this.body().toString("latin1"), "latin1");
    socket.uncork();
    response.end();
  }

  /** Of an answer of 500 and above. */
  verdict(isRead: boolean): Verdict {
    const type = String(this.#read()["type"] ?? "");
    if (type.endsWith("not-serving") || type.endsWith("fenced")) return "refused";
    if (type.endsWith("outcome-unknown")) return "unknown";
    // Another region may do better with a read; of a write the region's own word is passed on.
    return isRead && [502, 503, 504].includes(this.status) ? "unavailable" : "final";
  }

  /** The region that decides what was asked; nothing happened in the one that answered. */
  get decidedBy(): string | undefined {
    const { type, homeRegion } = this.#read();
    const isElsewhere = String(type ?? "").endsWith("elsewhere");
    return isElsewhere && typeof homeRegion === "string" ? homeRegion : undefined;
  }

  get epoch(): number {
    return Number(this.#read()["epoch"] ?? 0) || 0;
  }

  get servingRegions(): readonly string[] {
    const { servingRegions, servingRegion } = this.#read();
    const list = Array.isArray(servingRegions) ? servingRegions : [servingRegion];
    return list.filter((id): id is string => typeof id === "string");
  }

  #read(): Readonly<Record<string, unknown>> {
    if (this.#problem !== undefined) return this.#problem;
    try {
      const parsed: unknown = JSON.parse(this.body().toString());
      this.#problem = typeof parsed === "object" && parsed !== null ? { ...parsed } : {};
    } catch {
      this.#problem = {};
    }
    return this.#problem;
  }
}
