/**
 * Builds the pages into dist/web, unless nothing has changed since the last build. *shell*
 *
 *   dist/web/{landing,tickets,...}/index.html       pages, to be served at /, /tickets/, ...
 *   dist/web/assets/*                               everything else; names carry a hash of content
 *   *.br, *.gz beside each file                     compressed once, here, and not per request
 *   dist/web/.stamp                                 hash of all the sources of the build
 *
 * The build goes to a folder beside and is moved in place, so that a server that is running never
 * sees half of one. `--force` builds always; `--sizes` prints what a page weighs.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

const ROOT = resolve(import.meta.dirname, "../../..");
const OUT = join(ROOT, "dist/web");
const NEXT = join(ROOT, "dist/.web-next");
const PAGES = ["landing", "tickets", "photos", "console", "account", "outage", "missing"];
const SOURCES = [
  "layers/presentation",
  "layers/routing/record.ts",
  "apps/tickets/model",
  "apps/photos/model",
  "client",
  "base",
  ...PAGES.map((page) => `apps/${page}/web`),
  "vite.web.config.ts",
  "tsconfig.web.json",
  "package-lock.json",
];
const compressBrotli = promisify(brotliCompress);
const compressGzip = promisify(gzip);

async function filesUnder(path) {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

async function stampOfSources() {
  const hash = createHash("sha256");
  for (const source of SOURCES) {
    const path = join(ROOT, source);
    if (!existsSync(path)) continue;
    const files = /\.\w+$/.test(source) ? [path] : await filesUnder(path);
    for (const file of files.filter((name) => !name.includes(".test."))) {
      hash
        .update(`${relative(ROOT, file)}\0`)
        .update(await readFile(file))
        .update("\0");
    }
  }
  return hash.digest("hex");
}

async function build() {
  const { build: runVite } = await import("vite");
  await rm(NEXT, { recursive: true, force: true });
  await runVite({
    configFile: join(ROOT, "vite.web.config.ts"),
    logLevel: "warn",
    build: { outDir: NEXT },
  });
  for (const page of PAGES) {
    await mkdir(join(NEXT, page));
    await rename(join(NEXT, `apps/${page}/web/index.html`), join(NEXT, page, "index.html"));
  }
  await rm(join(NEXT, "apps"), { recursive: true });
}

async function compress() {
  for (const file of await filesUnder(NEXT)) {
    const bytes = await readFile(file);
    const params = { [constants.BROTLI_PARAM_QUALITY]: 10 };
    await writeFile(`${file}.br`, await compressBrotli(bytes, { params }));
    await writeFile(`${file}.gz`, await compressGzip(bytes, { level: 9 }));
  }
}

async function printSizes() {
  const kilobytes = async (name) => (await readFile(join(OUT, name))).length / 1024;
  for (const page of PAGES) {
    const html = await readFile(join(OUT, page, "index.html"), "utf8");
    const names = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]);
    let total = await kilobytes(`${page}/index.html.gz`);
    for (const name of names) total += await kilobytes(`${name}.gz`);
    console.log(`${page}: ${total.toFixed(1)} kB gzipped`);
    for (const name of names) {
      const gz = await kilobytes(`${name}.gz`);
      const br = await kilobytes(`${name}.br`);
      console.log(`  ${name}: ${gz.toFixed(1)} gz, ${br.toFixed(1)} br`);
    }
  }
}

const options = new Set(process.argv.slice(2));
const stamp = await stampOfSources();
const before = await readFile(join(OUT, ".stamp"), "utf8").catch(() => "");
if (options.has("--force") || before !== stamp) {
  await build();
  await compress();
  await writeFile(join(NEXT, ".stamp"), stamp);
  await rm(OUT, { recursive: true, force: true });
  await rename(NEXT, OUT);
}
if (options.has("--sizes")) await printSizes();
