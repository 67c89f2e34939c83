/**
 * For tests with real processes: bundles a TypeScript module into one file that Node runs as it is,
 * so that such a test depends on no earlier build. Answers the file's path.
 */
import { mkdirSync, mkdtempSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** A new folder from which the packages of this one can be imported. */
export function createBundleFolder() {
  const cache = join(root, "node_modules", ".cache", "understudy-tests");
  mkdirSync(cache, { recursive: true });
  return mkdtempSync(join(cache, "bundle-"));
}

export async function bundled(entry, outFile = join(createBundleFolder(), "main.mjs")) {
  await build({
    root,
    configFile: false,
    logLevel: "error",
    build: {
      ssr: entry,
      outDir: dirname(outFile),
      emptyOutDir: false,
      minify: false,
      target: "node20",
      rollupOptions: { output: { format: "es", entryFileNames: basename(outFile) } },
    },
  });
  return outFile;
}
