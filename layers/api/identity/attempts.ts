/**
 * Counts failed tries, and refuses more where too many failed. *shell*
 *
 * A try is counted before the secret is checked, so that many at once do not slip through, and is
 * given back when it was none. This region's level is kept in memory and written with each failure;
 * the levels of other regions are read as they have arrived.
 *
 * Invariants
 *  L1 a level survives a restart, and follows the app to another region                (remember)
 *  L2 memory is bounded; what had to go is read from its row again                         (own)
 *  L3 a row holds a digest, so that it does not tell which names were tried            (bucketOf)
 */
import {
  afterFailure,
  BUCKETS,
  type BucketName,
  EMPTY,
  emptyAtMs,
  type Level,
  mayTry,
  retryAfterMs,
  takenBack,
} from "../../identity/attempts.ts";
import type { KeyValueStore } from "../../key-value/port.ts";
import { type Problem, problem, problemOfRead } from "../problem.ts";
import { attemptLevels } from "./tables.ts";

/** What a try counts for. */
export interface Counted {
  readonly bucket: BucketName;
  /** A user name, a device, an address. */
  readonly of: string;
}

export interface Try {
  readonly kind: "may";
  /** It was a failure: writes that down. */
  failed(): Promise<void>;
  /** It was none. `cleared`: who did this owns the account, so its bucket is emptied. */
  succeeded(cleared: readonly BucketName[]): void;
}

export interface Attempts {
  begin(counted: readonly Counted[]): Promise<Try | Problem>;
}

export interface AttemptsOptions {
  readonly store: KeyValueStore;
  readonly region: string;
  readonly nowMs: () => number;
  readonly digest: (text: string) => string;
}

const REMEMBERED = 10_000;

export function createAttempts({ store, region, nowMs, digest }: AttemptsOptions): Attempts {
  const levels = new Map<string, Level>();
  const bucketOf = ({ bucket, of }: Counted): string =>
    `${bucket}:${digest(`attempts\n${bucket}\n${of}`)}`;

  const remember = (name: string, level: Level): void => {
    levels.delete(name);
    if (levels.size >= REMEMBERED) {
      for (const oldest of levels.keys()) {
        levels.delete(oldest);
        break;
      }
    }
    levels.set(name, level);
  };
  const write = async (name: string, bucket: BucketName): Promise<void> => {
    const level = levels.get(name) ?? EMPTY;
    const expires = Math.ceil(emptyAtMs(BUCKETS[bucket], level) / 1000);
    const item = { bucket: name, region, ...level, expires };
    // Where this cannot be written, memory still counts.
    await store.transact([{ kind: "put", table: attemptLevels, item }]).catch(() => undefined);
  };

  const begin: Attempts["begin"] = async (counted) => {
    const named = counted.map((one) => ({ name: bucketOf(one), bucket: one.bucket }));
    const others = new Map<string, readonly Level[]>();
    for (const { name } of named) {
      const read = await store.query(attemptLevels, { partition: name, limit: 20 });
      if (read.kind === "failed") return problemOfRead(read);
      const rows = read.value.items.map(({ item }) => item);
      const own = rows.find((row) => row.region === region);
      if (!levels.has(name) && own !== undefined) remember(name, own);
      others.set(
        name,
        rows.filter((row) => row.region !== region),
      );
    }
    // From here on nothing waits: what is judged is what is counted.
    const now = nowMs();
    for (const { name, bucket } of named) {
      const all = [levels.get(name) ?? EMPTY, ...(others.get(name) ?? [])];
      if (mayTry(BUCKETS[bucket], all, now)) continue;
      const seconds = Math.max(1, Math.ceil(retryAfterMs(BUCKETS[bucket], all, now) / 1000));
      return problem("too-many-attempts", `Too many failed; the next try is in ${seconds} s.`, {
        headers: { "retry-after": String(seconds) },
      });
    }
    for (const { name, bucket } of named) {
      const { level, atMs } = levels.get(name) ?? EMPTY;
      remember(name, afterFailure(BUCKETS[bucket], { level, atMs }, now));
    }
    return {
      kind: "may",
      failed: async () => {
        await Promise.all(named.map(({ name, bucket }) => write(name, bucket)));
      },
      succeeded: (cleared) => {
        for (const { name, bucket } of named) {
          const own = levels.get(name) ?? EMPTY;
          if (!cleared.includes(bucket)) {
            remember(name, takenBack(BUCKETS[bucket], own, nowMs()));
            continue;
          }
          const wasEmpty = own.level <= 1 && (others.get(name) ?? []).length === 0;
          remember(name, { level: 0, atMs: nowMs() });
          if (!wasEmpty) void clear(name, others.get(name) ?? []);
        }
      },
    };
  };

  const clear = async (name: string, rows: readonly Level[]): Promise<void> => {
    const regions = rows.map((row) => (row as Level & { readonly region: string }).region);
    const keys = [region, ...regions].map((one) => ({ bucket: name, region: one }));
    const writes = keys.map((key) => ({ kind: "delete", table: attemptLevels, key }) as const);
    await store.transact(writes).catch(() => undefined);
  };

  return { begin };
}
