/**
 * A `multipart/form-data` body whose text is UTF-8 (RFC 7578, 2183, 8187). *pure*
 *
 * Names, file names and text values have to be UTF-8, and no part may name another charset: nothing
 * is decoded leniently, as no other text is (utf8.ts). The bytes of files are not looked at.
 *
 * A file is a part with a file name, or of a type that is no text. Its name may be quoted, bare, or
 * in the extended form (`filename*`), which counts before the others.
 */
import { type FormPart, partsOf } from "./form-parts.ts";
import { extendedValue, type HeaderValue, headerValueOf } from "./header-parameters.ts";
import { type Problem, problem } from "./problem.ts";
import { decodeUtf8, isUtf8Charset } from "./utf8.ts";

/** 400 for a form that cannot be read, 415 for a part in another charset or encoding. */
export async function parseForm(
  bytes: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<{ readonly kind: "ok"; readonly form: FormData } | Problem> {
  const boundary = headerValueOf(contentType).parameters.get("boundary") ?? "";
  if (boundary === "") return unreadable("its Content-Type names no boundary");
  const found = partsOf(bytes, boundary);
  if (found.kind === "failed") return unreadable(found.reason);
  const form = new FormData();
  for (const part of found.parts) {
    const wrong = addPart(form, part);
    if (wrong !== undefined) return wrong;
  }
  return { kind: "ok", form };
}

function addPart(form: FormData, { headers, value }: FormPart): Problem | undefined {
  const text = decodeUtf8(headers);
  if (text === undefined) return noUtf8("The headers of a part");
  const header = (name: string) => headerIn(text, name);
  const disposition = header("content-disposition");
  const name = nameIn(disposition, "name");
  if (disposition.value !== "form-data" || name === undefined) {
    return unreadable('a part of it has no Content-Disposition: form-data; name="..."');
  }
  if (typeof name !== "string") return name;
  const type = header("content-type");
  const encoding = header("content-transfer-encoding").value;
  if (!["", "7bit", "8bit", "binary"].includes(encoding)) {
    return otherType(name, `Content-Transfer-Encoding ${encoding.slice(0, 40)}`);
  }
  if (type.value.startsWith("multipart/")) return otherType(name, type.value.slice(0, 40));
  const fileName = nameIn(disposition, "filename");
  if (typeof fileName === "object") return fileName;
  if (fileName !== undefined || IS_FILE.test(type.value)) {
    form.append(
      name,
      new File([value as Uint8Array<ArrayBuffer>], fileName ?? "", {
        type: type.value,
      }),
    );
    return undefined;
  }
  const charset = type.parameters.get("charset");
  if (!isUtf8Charset(charset?.toLowerCase())) {
    const detail = `A part of the form is in the charset ${charset?.slice(0, 40)}; send UTF-8.`;
    return problem("wrong-content-type", detail);
  }
  const decoded = decodeUtf8(value);
  if (decoded === undefined) return noUtf8(`The field ${name.slice(0, 60)}`);
  form.append(name, decoded);
  return undefined;
}

const IS_FILE = /^(?:image|audio|video)\/|^application\/octet-stream$/;

/** The value of a header, which may go on in lines that begin with a space. */
function headerIn(headers: string, name: string): HeaderValue {
  const lines = headers.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  const line = lines.find((one) => one.slice(0, one.indexOf(":")).trim().toLowerCase() === name);
  return headerValueOf(line?.slice(line.indexOf(":") + 1) ?? "");
}

function nameIn({ parameters }: HeaderValue, name: string): string | Problem | undefined {
  const extended = parameters.get(`${name}*`);
  if (extended !== undefined) {
    const value = extendedValue(extended);
    if (value !== undefined) return value;
    if (!parameters.has(name)) {
      return unreadable(`${name}* of a part is not UTF-8''... as RFC 8187 writes it`);
    }
  }
  // What would end the text or its line is escaped so by browsers.
  return parameters
    .get(name)
    ?.replace(/%(22|0d|0a)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const unreadable = (reason: string): Problem =>
  problem("invalid-request", `The form cannot be read: ${reason}.`);

const otherType = (name: string, what: string): Problem => {
  const detail = `The part ${name.slice(0, 60)} of the form is ${what}; send plain parts.`;
  return problem("wrong-content-type", detail, { advice: "Send each file as a part of its own." });
};

const noUtf8 = (what: string): Problem =>
  problem("invalid-request", `${what} of the form holds bytes that are no UTF-8; send UTF-8.`);
