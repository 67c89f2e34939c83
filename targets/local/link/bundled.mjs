/**
 * For tests with real processes: bundles a TypeScript module into one file that Node runs as it is,
 * so that such a test depends on no earlier build. Answers the file's path.
 */
import { mkdirSync, mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("../../../", import.meta.url));

export async function bundled(entry) {
  const cache = join(root, "node_modules", ".cache", "understudy-tests");
  mkdirSync(cache, { recursive: true });
  const outDir = mkdtempSync(join(cache, "bundle-"));
  await build({
    root,
    configFile: false,
    logLevel: "error",
    build: {
      ssr: entry,
      outDir,
      minify: false,
      target: "node20",
      rollupOptions: { output: { format: "es", entryFileNames: "main.mjs" } },
    },
  });
  return join(outDir, "main.mjs");
}
