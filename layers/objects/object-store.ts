/**
 * Named objects over rows and bytes. *shell*
 *
 * The order is the whole of it: bytes first, their row afterwards, so that what ends in between
 * leaves bytes that nobody names, which are collected, and never a name without bytes.
 */
import { failed } from "../../base/outcome.ts";
import { bucketProblem, contentTypeProblem, isDigest, keyProblem, listProblem } from "./names.ts";
import type {
  ByteRange,
  ByteStore,
  Conditions,
  ListOptions,
  NameOptions,
  ObjectReading,
  ObjectRow,
  ObjectRows,
  ObjectStore,
  ObjectWriteOutcome,
  PutOptions,
  ReplicationStatus,
  RowWriteCode,
  RowWritten,
  Staged,
} from "./port.ts";

export interface ObjectStoreOptions {
  readonly rows: ObjectRows;
  readonly bytes: ByteStore;
  /** The app's buckets; another name is refused. */
  readonly buckets: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

export type RowProblem = {
  readonly kind: "failed";
  readonly code: "invalid";
  readonly reason: string;
};

const invalid = (reason: string): RowProblem => ({ kind: "failed", code: "invalid", reason });

/** The row that names bytes, or why it cannot be. */
export function rowOf(
  { buckets, now }: Pick<ObjectStoreOptions, "buckets" | "now">,
  place: { readonly bucket: string; readonly key: string },
  staged: Staged,
  { contentType, expires }: NameOptions,
): { readonly kind: "ok"; readonly row: ObjectRow } | RowProblem {
  const { bucket, key } = place;
  const problem = placeProblem(buckets, bucket, key) ?? contentTypeProblem(contentType);
  if (problem !== undefined) return invalid(problem);
  const { digest, sizeBytes } = staged;
  if (!isDigest(digest)) return invalid("a digest is 64 small hexadecimal digits");
  const row = { bucket, key, digest, sizeBytes, contentType, createdOnMs: Math.floor(now()) };
  return { kind: "ok", row: expires === undefined ? row : { ...row, expires } };
}

export function placeProblem(
  buckets: readonly string[],
  bucket: string,
  key?: string,
): string | undefined {
  const problem = bucketProblem(bucket) ?? (key === undefined ? undefined : keyProblem(key));
  if (problem !== undefined || buckets.includes(bucket)) return problem;
  const known = buckets.join(", ") || "none: name them in defineApp({ buckets })";
  return `the app has no bucket ${JSON.stringify(bucket)}; its buckets are ${known}`;
}

export function createObjectStore(options: ObjectStoreOptions): ObjectStore {
  const { rows, bytes, buckets } = options;

  const name = async (
    bucket: string,
    key: string,
    staged: Staged,
    named: NameOptions,
  ): Promise<ObjectWriteOutcome<ObjectRow & RowWritten>> => {
    const made = rowOf(options, { bucket, key }, staged, named);
    if (made.kind === "failed") return made;
    const outcome = await rows.put(made.row, conditionsOf(named));
    if (outcome.kind !== "ok") return outcome;
    return { kind: "ok", value: { ...made.row, ...outcome.value } };
  };

  const put = async (
    bucket: string,
    key: string,
    body: Parameters<ObjectStore["put"]>[2],
    given: PutOptions,
  ): Promise<ObjectWriteOutcome<ObjectRow & RowWritten>> => {
    // What the row will be refused for is found before a byte is read.
    const placeholder = { digest: "0".repeat(64), sizeBytes: 0 };
    const early = rowOf(options, { bucket, key }, placeholder, given);
    if (early.kind === "failed") return early;
    const staged = await bytes.stage(body, given);
    return staged.kind === "ok" ? name(bucket, key, staged.value, given) : staged;
  };

  const head = async (bucket: string, key: string, reading?: ObjectReading) => {
    const problem = placeProblem(buckets, bucket, key);
    return problem === undefined ? rows.get(bucket, key, reading) : invalid(problem);
  };

  const open = (object: Staged, range?: ByteRange) =>
    bytes.open(object.digest, object.sizeBytes, range);

  return {
    stage: (body, given) => bytes.stage(body, given),
    name,
    put,
    head,
    open,
    get: async (bucket, key, range, reading) => {
      const found = await head(bucket, key, reading);
      if (found.kind === "failed") return found;
      const info = found.value;
      if (info === undefined) return { kind: "ok", value: undefined };
      const opened = await open(info, range);
      if (opened.kind === "failed") return opened;
      return { kind: "ok", value: { info, content: opened.value } };
    },
    remove: async (
      bucket: string,
      key: string,
      conditions: Conditions = {},
    ): Promise<ObjectWriteOutcome<RowWritten>> => {
      const problem = placeProblem(buckets, bucket, key);
      if (problem !== undefined) return failed<RowWriteCode>("invalid", problem);
      return rows.remove(bucket, key, conditionsOf(conditions));
    },
    list: async (bucket: string, given: ListOptions = {}, reading) => {
      const problem = placeProblem(buckets, bucket) ?? listProblem(given);
      return problem === undefined ? rows.list(bucket, given, reading) : invalid(problem);
    },
    replication: async (objects) => {
      const found = await bytes.whereabouts(objects.map(({ digest }) => digest));
      return objects.map(({ digest }): ReplicationStatus => {
        const regions = found.get(digest) ?? {};
        const isComplete = Object.values(regions).every((where) => where === "here");
        return { status: isComplete ? "complete" : "travelling", regions };
      });
    },
  };
}

function conditionsOf({ ifAbsent, ifVersion }: Conditions): Conditions {
  return {
    ...(ifAbsent === undefined ? {} : { ifAbsent }),
    ...(ifVersion === undefined ? {} : { ifVersion }),
  };
}
