/** The files that the style tests read: what git tracks, or would. *shell* */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const LARGEST_BYTES = 4_000_000;

/** Every text file of the repository; planted violations are left out. */
export function textFiles(): SourceFile[] {
  const listed = execFileSync(
    "git",
    ["-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    { cwd: root, encoding: "utf8", maxBuffer: 64_000_000 },
  );
  const files: SourceFile[] = [];
  for (const path of new Set(listed.split("\0"))) {
    if (path === "" || path.startsWith("tools/fixtures/")) continue;
    const stats = statSync(join(root, path), { throwIfNoEntry: false });
    if (!stats?.isFile() || stats.size > LARGEST_BYTES) continue;
    const text = readFileSync(join(root, path), "utf8");
    if (!text.includes("\0")) files.push({ path, text });
  }
  return files;
}

export const isCode = (file: SourceFile): boolean =>
  /\.(ts|tsx|mjs)$/.test(file.path) && !file.path.endsWith(".d.ts");

export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path);
