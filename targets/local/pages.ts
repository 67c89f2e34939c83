/**
 * The pages that were built into dist/web. *adapter*
 *
 *   /                 landing/index.html
 *   /assets/NAME      assets/NAME, for ever: the names carry a hash of the content. But not a
 *                     worker: it lives under the policy that its script came with, and the
 *                     addresses in that change with each start
 *   /PAGE/...         PAGE/index.html, where there is such a page: its router does the rest
 *   anything else     missing/index.html as 404, for a person; undefined for a program
 *
 * Files are read when they are asked for, so that a build while it runs is seen; what is compressed
 * beside a file is sent where the browser takes it.
 */
import { existsSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DocsFile } from "../../layers/api/index.ts";

const { resolve } = createRequire(import.meta.url);

export type Pages = (request: Request, path: string) => Promise<Response | undefined>;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".json": "application/json",
  ".map": "application/json",
};
const SAFE_PATH = /^\/(?:[A-Za-z0-9_-][\w.-]*\/)*(?:[A-Za-z0-9_-][\w.-]*)?$/;
const ENCODINGS = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;
const FOR_EVER = "public, max-age=31536000, immutable";

/** `origins`: what a page may call besides its own: the other regions and the front door. */
export function createPages(root: string | undefined, origins: () => readonly string[]): Pages {
  return async (request, path) => {
    if (root === undefined || (request.method !== "GET" && request.method !== "HEAD")) {
      return undefined;
    }
    const [, page = ""] = path.split("/");
    const isServed = SAFE_PATH.test(path) && !UNNAMED.has(page);
    if (isServed && path === `/${page}` && existsSync(join(root, page, "index.html"))) {
      return new Response(null, { status: 308, headers: { location: `${path}/` } });
    }
    const isFile = extname(path) !== "";
    const file = isFile ? path : `/${page === "" ? "landing" : page}/index.html`;
    const accepted = request.headers.get("accept-encoding") ?? "";
    const found = isServed ? await readWebFile(root, file, accepted, origins()) : undefined;
    if (found !== undefined) return answerOf(request, 200, found);
    if (!isNavigation((name) => request.headers.get(name))) return undefined;
    const missing = await readWebFile(root, "/missing/index.html", accepted, origins());
    return missing && answerOf(request, 404, missing);
  };
}

/** Pages that stand in for others have no address of their own. */
const UNNAMED: ReadonlySet<string> = new Set(["landing", "missing", "outage"]);

/** Whether a browser asks for a page to show to a person. Old ones say only what they take. */
export function isNavigation(header: (name: string) => string | null | undefined): boolean {
  const mode = header("sec-fetch-mode");
  if (typeof mode === "string") return mode === "navigate";
  return (header("accept") ?? "").includes("text/html");
}

export interface WebFile {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** A file of the build, compressed where the reader takes that; undefined where there is none. */
export async function readWebFile(
  root: string,
  file: string,
  accepted: string,
  origins: readonly string[],
): Promise<WebFile | undefined> {
  const found = await readEncoded(join(root, file), accepted);
  if (found === undefined) return undefined;
  const headers: Record<string, string> = {
    "content-type": TYPES[extname(file)] ?? "application/octet-stream",
    "cache-control": isForEver(file) ? FOR_EVER : "no-cache",
    vary: "accept-encoding",
    "content-length": String(found.body.byteLength),
    "content-security-policy": policy(origins),
  };
  if (found.encoding !== undefined) headers["content-encoding"] = found.encoding;
  return { body: found.body, headers };
}

function answerOf(request: Request, status: number, { body, headers }: WebFile): Response {
  return new Response(request.method === "HEAD" ? null : new Uint8Array(body), { status, headers });
}

const isForEver = (path: string): boolean =>
  path.startsWith("/assets/") && !path.includes("-worker-");

const policy = (origins: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    // The component library sets styles of its own on elements.
    "style-src 'self' 'unsafe-inline'",
    `img-src 'self' data: blob: ${origins.join(" ")}`.trim(),
    "font-src 'self'",
    `connect-src 'self' ${origins.join(" ")}`.trim(),
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");

async function readEncoded(
  file: string,
  accepted: string,
): Promise<{ body: Buffer; encoding?: string } | undefined> {
  for (const [encoding, suffix] of ENCODINGS) {
    if (!accepted.includes(encoding)) continue;
    const body = await readFile(`${file}${suffix}`).catch(() => undefined);
    if (body !== undefined) return { body, encoding };
  }
  const body = await readFile(file).catch(() => undefined);
  return body && { body };
}

/** The root of the package, from wherever this file runs, compiled or bundled. */
function packageRoot(): string {
  for (let path = fileURLToPath(import.meta.url); ; path = dirname(path)) {
    const file = join(path, "package.json");
    if (existsSync(file) && JSON.parse(readFileSync(file, "utf8")).name === "understudy") {
      return path;
    }
    if (dirname(path) === path) return process.cwd();
  }
}

export function packageVersion(): string {
  const text = readFileSync(join(packageRoot(), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

export function webRoot(): string | undefined {
  const path = join(packageRoot(), "dist", "web");
  return existsSync(path) ? path : undefined;
}

/** Files of swagger-ui-dist, for /docs. Where it is, is npm's choice: beside this package, mostly. */
export const docsFile: DocsFile = async (name) => {
  const read = async () => readFile(join(dirname(resolve("swagger-ui-dist/package.json")), name));
  const body = await read().catch(() => undefined);
  if (body === undefined) return undefined;
  const contentType = TYPES[extname(name)] ?? "application/octet-stream";
  return { body: new Uint8Array(body), contentType };
};
