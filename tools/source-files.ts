/** The files that the style tests read: what git tracks, or would. *shell* */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

export interface SourceFile {
  /** Relative to the repository, with forward slashes. */
  readonly path: string;
  readonly text: string;
}

const LARGEST_BYTES = 4_000_000;
const NOT_SOURCE = new Set(["node_modules", "dist", ".git", ".understudy", "coverage", "reports"]);

/** Every text file of the repository. */
export function textFiles(): SourceFile[] {
  const files: SourceFile[] = [];
  for (const path of new Set(pathsByGit() ?? pathsByWalk(""))) {
    if (path === "") continue;
    const stats = statSync(join(root, path), { throwIfNoEntry: false });
    if (!stats?.isFile() || stats.size > LARGEST_BYTES) continue;
    const text = readFileSync(join(root, path), "utf8");
    if (!text.includes("\0")) files.push({ path, text });
  }
  return files;
}

function pathsByGit(): string[] | undefined {
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const run = spawnSync("git", ["-c", "safe.directory=*", ...list], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 64_000_000,
  });
  return run.status === 0 ? run.stdout.split("\0") : undefined;
}

/** For a tree without its history, such as an unpacked archive. */
function pathsByWalk(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isFile()) return [path];
    return entry.isDirectory() && !NOT_SOURCE.has(entry.name) ? pathsByWalk(path) : [];
  });
}

export const isCode = (file: SourceFile): boolean =>
  /\.(ts|tsx|mjs)$/.test(file.path) && !file.path.endsWith(".d.ts");

export const isTest = (path: string): boolean => /\.test\.tsx?$/.test(path);

/** A suite that adapters run: it may do whatever a test may. */
export const isContract = (path: string): boolean => /[/-]contract\.ts$/.test(path);
