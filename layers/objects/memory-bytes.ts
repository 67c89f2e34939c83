/**
 * The bytes of one region in memory, without replication. *adapter*, *public*
 *
 * For tests of code that needs bytes and no regions. Bytes are kept for ever: nothing here knows
 * which of them are named.
 */
import { failed, ok } from "../../base/outcome.ts";
import { collectBody, type Sha256 } from "./body.ts";
import { isDigest, resolveRange } from "./names.ts";
import type {
  ByteStore,
  Digest,
  OpenCode,
  OpenOutcome,
  StageOptions,
  Whereabouts,
} from "./port.ts";

export interface MemoryBytesOptions {
  readonly region: string;
  readonly sha256: () => Sha256;
  /** Held together; more is refused as a full disk is. Default: no bound. */
  readonly capacityBytes?: number;
}

export interface MemoryByteStore extends ByteStore {
  readonly digests: () => readonly Digest[];
}

export function createMemoryByteStore(options: MemoryBytesOptions): MemoryByteStore {
  const { region, sha256, capacityBytes = Number.POSITIVE_INFINITY } = options;
  const kept = new Map<Digest, Uint8Array>();
  const refuse = (code: OpenCode, reason: string): OpenOutcome => ({
    kind: "failed",
    code,
    reason,
  });
  const held = (): number => [...kept.values()].reduce((sum, { length }) => sum + length, 0);

  const open: ByteStore["open"] = async (digest, _size, range): Promise<OpenOutcome> => {
    if (!isDigest(digest)) return refuse("invalid", "a digest is 64 hexadecimal digits");
    const bytes = kept.get(digest);
    if (bytes === undefined) return refuse("travelling", `${region} does not have the bytes`);
    const within = resolveRange(range, bytes.length);
    if ("problem" in within) return refuse("range-not-satisfiable", within.problem);
    const { first, last } = within;
    const part = bytes.slice(first, last + 1);
    const body = (async function* () {
      if (part.length > 0) yield part;
    })();
    return { kind: "ok", value: { sizeBytes: bytes.length, first, last, from: region, body } };
  };

  return {
    region,
    digests: () => [...kept.keys()],
    stage: async (body, given: StageOptions = {}) => {
      const taken = await collectBody(body, given, sha256());
      if (taken.kind !== "ok") return taken;
      const { digest, bytes } = taken.value;
      if (!kept.has(digest) && held() + bytes.length > capacityBytes) {
        return failed("unavailable", `${region} has no room for ${bytes.length} bytes`);
      }
      kept.set(digest, bytes);
      return ok({ digest, sizeBytes: bytes.length });
    },
    open,
    whereabouts: async (digests) =>
      new Map(
        digests.map((digest): [Digest, Whereabouts] => [
          digest,
          { [region]: kept.has(digest) ? "here" : "travelling" },
        ]),
      ),
  };
}
