/**
 * The body of a new photo, in each of the three ways it may be sent. *shell*
 *
 *   application/json      names an upload whose bytes were sent before
 *   multipart/form-data   a file with its captions, as a form sends it
 *   image/...             the bytes alone; captions are in the query
 *
 * Invariants
 *  I1 bytes are counted while they arrive, and stop at the limit                       (collect)
 *  I2 what the idempotency key stands for is content and captions, not how they came (`text`)
 */
import {
  bodyOf,
  type Call,
  checkFields,
  encodingProblem,
  namedOnce,
  type Problem,
  parseForm,
  problem,
  readBytes,
  readJson,
} from "../../layers/api/index.ts";
import { isPlainFileName, titleOfFile } from "./model/photo.ts";
import { captions, photoBody } from "./shapes.ts";

export interface Incoming {
  readonly kind: "ok";
  /** Equal for equal requests. */
  readonly text: string;
  readonly title: string;
  readonly altText: string;
  readonly source:
    | { readonly kind: "upload"; readonly upload: string; readonly digest: string | undefined }
    | {
        readonly kind: "bytes";
        readonly bytes: Uint8Array;
        readonly declaredType: string | undefined;
        readonly digest: string;
      };
}

const UNTITLED = "Untitled";
/** Around a file in a form: its captions, and the lines between. */
const FORM_BYTES = 64 * 1024;

export async function readIncoming(call: Call, limitBytes: number): Promise<Incoming | Problem> {
  const type = call.header("content-type") ?? "";
  const encoded = encodingProblem(call.scope.request.headers);
  if (encoded !== undefined) return encoded;
  if (/^multipart\/form-data\b/i.test(type)) return readForm(call, type, limitBytes);
  if (/^(?:image\/|(?:application|binary)\/octet-stream)/i.test(type))
    return readBare(call, type, limitBytes);
  const read = await readJson(call.scope, photoBody);
  if (read.kind === "problem") {
    if (read.code !== "wrong-content-type") return read;
    const ways = "application/json, multipart/form-data, or a picture's own type";
    const detail = `Content-Type is ${type || "missing"}; send ${ways}.`;
    return problem("wrong-content-type", detail, { advice: `Send ${ways}.` });
  }
  const { upload, title, altText, digest } = read.value;
  const source = { kind: "upload", upload, digest } as const;
  return { kind: "ok", text: `upload\n${read.text}`, title, altText, source };
}

async function readBare(
  call: Call,
  declaredType: string,
  limitBytes: number,
): Promise<Incoming | Problem> {
  const query = namedOnce(new URL(call.scope.request.url).searchParams, "query");
  if (query.kind === "problem") return query;
  const told = checkFields(captions, query.fields, "query");
  if (told.kind === "problem") return told;
  const read = await collect(call, limitBytes);
  if (read.kind === "problem") return read;
  return incomingOf(read.bytes, declaredType, told.value.title, told.value.altText);
}

async function readForm(call: Call, type: string, limitBytes: number): Promise<Incoming | Problem> {
  const read = await collect(call, limitBytes + FORM_BYTES);
  if (read.kind === "problem") return read;
  const parsed = await parseForm(read.bytes, type);
  if (parsed.kind === "problem") return parsed;
  const texts: [string, string][] = [];
  let file: File | undefined;
  for (const [name, value] of parsed.form) {
    if (typeof value === "string") texts.push([name, value]);
    else if (file === undefined) file = value;
    else return problem("invalid-request", "The form holds two files; send one photo a request.");
  }
  if (file === undefined) return problem("invalid-request", "The form holds no file.");
  if (!isPlainFileName(file.name)) {
    const got = JSON.stringify(file.name.slice(0, 60));
    return problem("invalid-request", `A file's name has no folder in it; got ${got}.`);
  }
  const fields = namedOnce(texts, "form");
  if (fields.kind === "problem") return fields;
  const told = checkFields(captions, fields.fields, "body");
  if (told.kind === "problem") return told;
  if (file.size > limitBytes) return tooLarge(limitBytes);
  const content = new Uint8Array(await file.arrayBuffer());
  const { title = titleOfFile(file.name), altText } = told.value;
  return incomingOf(content, file.type, title, altText);
}

async function incomingOf(
  bytes: Uint8Array,
  declaredType: string | undefined,
  title = UNTITLED,
  altText = "",
): Promise<Incoming> {
  const digest = await sha256(bytes);
  const text = `bytes\n${digest}\n${declaredType}\n${JSON.stringify([title, altText])}`;
  const source = { kind: "bytes", bytes, declaredType, digest } as const;
  return { kind: "ok", text, title, altText, source };
}

export async function sha256(bytes: Uint8Array): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function collect(call: Call, limitBytes: number) {
  const { request } = call.scope;
  if (Number(request.headers.get("content-length")) > limitBytes) return tooLarge(limitBytes);
  return readBytes(bodyOf(request), limitBytes);
}

const tooLarge = (limitBytes: number): Problem =>
  problem("too-large", `A picture has at most ${limitBytes} bytes.`, { extra: { limitBytes } });
