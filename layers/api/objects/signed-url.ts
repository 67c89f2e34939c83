/**
 * Addresses that carry their own permission: one object, one method, until a moment. *adapter*
 *
 *   /{app}/objects/{bucket}/{key}?expires=S[&type=T&size=N][&file=NAME]&signature=HMAC
 *
 * The key of the HMAC is made of the deployment's secret, so that an address that one region gave
 * out is good in every other. Everything that is looked at is signed, in one canonical text.
 *
 * Invariants
 *  U1 nothing of an address can be changed without the signature failing        (canonical, check)
 *  U2 comparing takes the same time wherever it differs                      (WebCrypto's `verify`)
 *  U3 an address ends: at most MOST_SECONDS after it was made                              (sign)
 * Not promised: that an address is used once; who has it may use it until it ends.
 */
import { bucketProblem, contentTypeProblem, keyProblem } from "../../objects/names.ts";

export type SignedMethod = "GET" | "PUT";

export interface SignedAddress {
  readonly method: SignedMethod;
  readonly bucket: string;
  readonly key: string;
  /** Second since 1970. */
  readonly expires: number;
  /** PUT: the only content type that is taken. */
  readonly contentType?: string;
  /** PUT: the most bytes that are taken. */
  readonly limitBytes?: number;
  /** PUT: the second since 1970 after which the object may be collected by itself. */
  readonly keep?: number;
  /** GET: the name under which a browser saves it. */
  readonly fileName?: string;
}

export interface UrlSigner {
  /** The path with its query, below the origin of whichever region or front door. */
  sign(address: SignedAddress): Promise<string>;
  /** What an address permits now; undefined where the signature is not ours. */
  check(
    method: SignedMethod,
    path: string,
    search: URLSearchParams,
    nowSeconds: number,
  ): Promise<SignedAddress | "expired" | undefined>;
}

export const MOST_SECONDS = 7 * 24 * 3600;

const encoder = new TextEncoder();
const SIGNATURE = /^[0-9a-f]{64}$/;

export function createUrlSigner(app: string, deploymentSecret: string): UrlSigner {
  const key = deriveKey(deploymentSecret);
  const textOf = (address: SignedAddress): Uint8Array<ArrayBuffer> =>
    encoder.encode(canonical(app, address));

  const sign = async (address: SignedAddress): Promise<string> => {
    const bytes = await crypto.subtle.sign("HMAC", await key, textOf(address));
    const signature = Array.from(new Uint8Array(bytes), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    const query = new URLSearchParams(fieldsOf(address));
    query.set("signature", signature);
    const place = [address.bucket, ...address.key.split("/")].map(encodeURIComponent).join("/");
    return `/${app}/objects/${place}?${query}`;
  };

  const check: UrlSigner["check"] = async (method, path, search, nowSeconds) => {
    const address = parse(app, method, path, search);
    const signature = search.get("signature") ?? "";
    if (address === undefined || !SIGNATURE.test(signature)) return undefined;
    const bytes = Uint8Array.from(signature.match(/../g) ?? [], (two) => Number.parseInt(two, 16));
    const isOurs = await crypto.subtle.verify("HMAC", await key, bytes, textOf(address));
    if (!isOurs) return undefined;
    return nowSeconds < address.expires ? address : "expired";
  };

  return { sign, check };
}

async function deriveKey(secret: string): Promise<CryptoKey> {
  const source = await crypto.subtle.importKey("raw", encoder.encode(secret), "HKDF", false, [
    "deriveKey",
  ]);
  return crypto.subtle.deriveKey(
    {
      name: "HKDF",
      hash: "SHA-256",
      salt: new Uint8Array(0),
      info: encoder.encode("understudy object addresses 1"),
    },
    source,
    { name: "HMAC", hash: "SHA-256", length: 256 },
    false,
    ["sign", "verify"],
  );
}

/** Field by field as JSON: no value can run into the next. */
const canonical = (app: string, address: SignedAddress): string =>
  JSON.stringify([
    "understudy object address 1",
    app,
    address.method,
    address.bucket,
    address.key,
    address.expires,
    address.contentType ?? null,
    address.limitBytes ?? null,
    address.keep ?? null,
    address.fileName ?? null,
  ]);

function fieldsOf(address: SignedAddress): Record<string, string> {
  const { expires, contentType, limitBytes, keep, fileName } = address;
  return {
    expires: String(expires),
    ...(contentType === undefined ? {} : { type: contentType }),
    ...(limitBytes === undefined ? {} : { size: String(limitBytes) }),
    ...(keep === undefined ? {} : { keep: String(keep) }),
    ...(fileName === undefined ? {} : { file: fileName }),
  };
}

function parse(
  app: string,
  method: SignedMethod,
  path: string,
  search: URLSearchParams,
): SignedAddress | undefined {
  const before = `/${app}/objects/`;
  if (!path.startsWith(before)) return undefined;
  let parts: string[];
  try {
    parts = path.slice(before.length).split("/").map(decodeURIComponent);
  } catch {
    return undefined;
  }
  const [bucket = "", ...rest] = parts;
  const key = rest.join("/");
  const expires = wholeNumber(search.get("expires"));
  if (expires === undefined || bucketProblem(bucket) || keyProblem(key)) return undefined;
  const contentType = search.get("type") ?? undefined;
  const limitBytes = wholeNumber(search.get("size"));
  const keep = wholeNumber(search.get("keep"));
  if (contentType !== undefined && contentTypeProblem(contentType)) return undefined;
  const fileName = search.get("file") ?? undefined;
  return {
    method,
    bucket,
    key,
    expires,
    ...(contentType === undefined ? {} : { contentType }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(keep === undefined ? {} : { keep }),
    ...(fileName === undefined ? {} : { fileName }),
  };
}

function wholeNumber(text: string | null): number | undefined {
  if (text === null || !/^\d{1,15}$/.test(text)) return undefined;
  return Number(text);
}
