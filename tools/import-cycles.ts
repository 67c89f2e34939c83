/** Files that need each other to load. Types may refer in circles, values may not. *pure* */
import { posix } from "node:path";
import type { SourceFile } from "./source-files.ts";
import { importsOf } from "./tokens.ts";

/** Each cycle once, as `a.ts -> b.ts -> a.ts`, beginning with its first file by name. */
export function findImportCycles(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map((file) => file.path));
  const edges = new Map<string, string[]>();
  for (const file of files) {
    const targets = importsOf(file.text)
      .filter(({ specifier, typeOnly }) => specifier.startsWith(".") && !typeOnly)
      .map(({ specifier }) => posix.join(posix.dirname(file.path), specifier))
      .filter((target) => paths.has(target));
    edges.set(file.path, targets);
  }
  const found = new Set<string>();
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (path: string): void => {
    const start = trail.indexOf(path);
    if (start !== -1) found.add(describeCycle(trail.slice(start)));
    if (start !== -1 || done.has(path)) return;
    trail.push(path);
    for (const target of edges.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of [...paths].sort()) visit(path);
  return [...found].sort();
}

function describeCycle(cycle: readonly string[]): string {
  const first = cycle.indexOf([...cycle].sort()[0] ?? "");
  const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
  return [...turned, turned[0]].join(" -> ");
}
