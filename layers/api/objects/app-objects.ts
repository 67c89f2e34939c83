/**
 * An app's objects in one region, with what only the app's own transactions and routes need.
 * *composition*
 *
 *   const staged = await objects.stage(bytes);               bytes first
 *   call.commit([putPhoto, objects.naming(...)], reply)      then all rows in one transaction
 *
 * Signed addresses let a browser put and get bytes without passing through the app's own routes:
 * the app gives out an address for an object of its choosing (on AWS it leads to S3), the browser
 * sends the bytes there, and the app then names what arrived: `head` it, `naming` for the final
 * place, `unnaming` for the first one.
 */
import { AssertionError } from "../../../base/assert.ts";
import type { WallMs } from "../../../base/clock.ts";
import { ConfigurationError } from "../../../base/errors.ts";
import type { KeyValueStore, Write } from "../../key-value/port.ts";
import { createObjectStore, rowOf } from "../../objects/object-store.ts";
import {
  type ByteStore,
  type Conditions,
  type NameOptions,
  type ObjectStore,
  objectLimits,
  type Staged,
} from "../../objects/port.ts";
import { createObjectRows, putRow, removeRow } from "./object-table.ts";
import { createUrlSigner, MOST_SECONDS, type UrlSigner } from "./signed-url.ts";

export interface UploadPermit {
  readonly contentType: string;
  readonly limitBytes: number;
  /** Default 900, at most a week. */
  readonly seconds?: number;
  /** How long the object stays when nothing else names its bytes; default: for ever. */
  readonly keepSeconds?: number;
}

export interface SignedUpload {
  readonly method: "PUT";
  /** Path and query, below the origin the client already talks to. */
  readonly url: string;
  /** To be sent with the bytes. */
  readonly headers: Readonly<Record<string, string>>;
  readonly limitBytes: number;
  /** Second since 1970. */
  readonly expires: number;
}

export interface AppObjects extends ObjectStore {
  /** Names staged bytes, or another object's, within a transaction of the app. */
  naming(bucket: string, key: string, staged: Staged, options: NameOptions): Write;
  /** Takes a name away within a transaction of the app. */
  unnaming(bucket: string, key: string, conditions?: Pick<Conditions, "ifVersion">): Write;
  /** Leave to put one object, of one type, up to a size, until a moment. */
  signUpload(bucket: string, key: string, permit: UploadPermit): Promise<SignedUpload>;
  /** Leave to get one object, until a moment: path and query. */
  signDownload(
    bucket: string,
    key: string,
    options?: { readonly seconds?: number; readonly fileName?: string },
  ): Promise<string>;
  readonly signer: UrlSigner;
}

export interface AppObjectsOptions {
  readonly appId: string;
  readonly buckets: readonly string[];
  readonly store: KeyValueStore;
  readonly bytes: ByteStore;
  readonly now: () => WallMs;
  readonly deploymentSecret: string;
}

const DEFAULT_SECONDS = 900;

export function createAppObjects(options: AppObjectsOptions): AppObjects {
  const { appId, buckets, store, bytes, now } = options;
  const rows = createObjectRows(store);
  const objects = createObjectStore({ rows, bytes, buckets, now });
  const signer = createUrlSigner(appId, options.deploymentSecret);

  const expiresAfter = (seconds = DEFAULT_SECONDS): number => {
    if (!(seconds > 0 && seconds <= MOST_SECONDS)) {
      const fix = `Give 1 to ${MOST_SECONDS} seconds.`;
      throw new ConfigurationError({
        what: "a signed address cannot last so long",
        got: seconds,
        fix,
      });
    }
    return Math.ceil(now() / 1000 + seconds);
  };

  return {
    ...objects,
    signer,
    naming: (bucket, key, staged, given) => {
      const made = rowOf({ buckets, now }, { bucket, key }, staged, given);
      if (made.kind === "failed") throw new AssertionError(made.reason);
      const { ifAbsent, ifVersion } = given;
      return putRow(made.row, {
        ...(ifAbsent === undefined ? {} : { ifAbsent }),
        ...(ifVersion === undefined ? {} : { ifVersion }),
      });
    },
    unnaming: removeRow,
    signUpload: async (bucket, key, { contentType, limitBytes, seconds, keepSeconds }) => {
      const expires = expiresAfter(seconds);
      const limit = Math.min(limitBytes, objectLimits.objectBytes);
      const url = await signer.sign({
        method: "PUT",
        bucket,
        key,
        expires,
        contentType,
        limitBytes: limit,
        ...(keepSeconds === undefined ? {} : { keep: Math.ceil(now() / 1000 + keepSeconds) }),
      });
      const headers = { "content-type": contentType };
      return { method: "PUT", url, headers, limitBytes: limit, expires };
    },
    signDownload: (bucket, key, { seconds, fileName } = {}) =>
      signer.sign({
        method: "GET",
        bucket,
        key,
        expires: expiresAfter(seconds),
        ...(fileName === undefined ? {} : { fileName }),
      }),
  };
}

/** For an app without buckets, and a target without bytes: says so when it is used. */
export function noObjects(appId: string, why: string): AppObjects {
  return new Proxy({} as AppObjects, {
    get: () => {
      throw new ConfigurationError({
        what: `${appId} has no objects`,
        got: why,
        fix: "Name its buckets in defineApp({ buckets: [...] }), on a target that keeps bytes.",
      });
    },
  });
}
