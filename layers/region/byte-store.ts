/**
 * An app's bytes in one region, over the cores and a disk. *adapter*
 *
 *   stage --> disk.take: verified, flushed, in its place --> RegionBytes.staged: noted, offered
 *   open  --> here: from the disk
 *         --> not here: pulled ahead of everything else, and meanwhile read part by part from a
 *             region that has them
 *
 * Reading through trusts the other region's disk, which verified the whole before it said that it
 * had it; a part alone cannot be held against a digest.
 */
import { failed, ok } from "../../base/outcome.ts";
import type { BodyDisk } from "../objects/disk.ts";
import type { Part } from "../objects/exchange.ts";
import type { Place } from "../objects/messages.ts";
import { isDigest, resolveRange } from "../objects/names.ts";
import type {
  ByteStore,
  Digest,
  OpenCode,
  OpenOutcome,
  StageOptions,
  StageOutcome,
  Whereabout,
  Whereabouts,
} from "../objects/port.ts";
import { CHUNK_BYTES } from "../objects/transfers.ts";
import type { AppRegion } from "./app-region.ts";
import type { RegionBytes, StagedEnd } from "./region-bytes.ts";

export interface ReplicatedByteStoreOptions {
  readonly app: AppRegion;
  readonly bytes: RegionBytes;
  readonly disk: BodyDisk;
  /** Asks for the end of this turn: what was noted is flushed, what was offered leaves. */
  readonly schedule: () => void;
}

const refuse = (code: OpenCode, reason: string): OpenOutcome => ({ kind: "failed", code, reason });

export function createReplicatedByteStore(options: ReplicatedByteStoreOptions): ByteStore {
  const { app, bytes, disk, schedule } = options;
  const appId = app.options.app;
  const { region } = app.site.self;
  const elsewhere = () => failed("not-serving", `${region} does not serve ${appId} now`);

  const stage = async (
    body: Parameters<ByteStore["stage"]>[0],
    given: StageOptions = {},
  ): Promise<StageOutcome> => {
    if (app.holding === undefined) return elsewhere();
    let settled: Promise<StagedEnd> | undefined;
    const taken = await disk.take(appId, body, given, ({ digest, sizeBytes }) => {
      settled = new Promise((resolve) => {
        bytes.staged({ app: appId, digest }, sizeBytes, resolve);
      });
      schedule();
    });
    if (taken.kind !== "ok") return taken;
    const end = await settled;
    if (end === "not-serving") return elsewhere();
    if (end === "unavailable") return failed("unavailable", `${region}: the disk is full`);
    return ok(taken.value);
  };

  const fetch = (place: Place, from: string, first: number, length: number): Promise<Part> =>
    new Promise((resolve) => {
      bytes.exchange.part(place, from, first, length, resolve);
      schedule();
    });

  /** The first part from the first region that has one. */
  const find = async (place: Place, sizeBytes: number, first: number, length: number) => {
    for (const from of bytes.others(appId)) {
      const part = await fetch(place, from, first, length);
      if (part.kind === "part" && part.total === sizeBytes) return { from, data: part.data };
    }
    return undefined;
  };

  const through = async (
    place: Place,
    sizeBytes: number,
    within: { readonly first: number; readonly last: number },
  ): Promise<OpenOutcome> => {
    bytes.exchange.transfers.hurry(place);
    const { first, last } = within;
    const lengthAt = (at: number): number => Math.min(CHUNK_BYTES, last + 1 - at);
    const found = await find(place, sizeBytes, first, Math.max(1, lengthAt(first)));
    if (found === undefined) return refuse("travelling", "no region that answers has the bytes");
    const rest = async function* (): AsyncIterable<Uint8Array> {
      let { data } = found;
      let at = first;
      while (at <= last) {
        yield data;
        at += data.length;
        if (at > last) return;
        const next = await fetch(place, found.from, at, lengthAt(at));
        const again = next.kind === "part" ? next : await find(place, sizeBytes, at, lengthAt(at));
        if (again === undefined || again.data.length === 0) {
          throw new Error(`the bytes could not be read to their end: ${at} of ${last + 1}`);
        }
        data = again.data;
      }
    };
    return { kind: "ok", value: { sizeBytes, first, last, from: found.from, body: rest() } };
  };

  const open: ByteStore["open"] = async (digest, sizeBytes, range) => {
    if (!isDigest(digest)) return refuse("invalid", "a digest is 64 hexadecimal digits");
    const within = resolveRange(range, sizeBytes);
    if ("problem" in within) return refuse("range-not-satisfiable", within.problem);
    const place = { app: appId, digest };
    const size = bytes.sizeOf(place);
    if (size === undefined) return through(place, sizeBytes, within);
    if (size !== sizeBytes) return refuse("invalid", `the bytes are ${size}, not ${sizeBytes}`);
    const { first, last } = within;
    const body = disk.stream(place, first, last);
    return { kind: "ok", value: { sizeBytes, first, last, from: region, body } };
  };

  const whereabouts = (digests: readonly Digest[]) =>
    new Promise<ReadonlyMap<Digest, Whereabouts>>((resolve) => {
      bytes.whereabouts(appId, digests, (answers) => {
        const regions = app.record?.regions ?? [region];
        const of = (digest: Digest): Whereabouts =>
          Object.fromEntries(
            regions.map((one): [string, Whereabout] => {
              const has = answers.get(one);
              if (has === undefined) return [one, "unknown"];
              return [one, has.has(digest) ? "here" : "travelling"];
            }),
          );
        resolve(new Map(digests.map((digest) => [digest, of(digest)])));
      });
      schedule();
    });

  return { region, stage, open, whereabouts };
}
