/**
 * What a pure core may not touch: clocks, chance, waiting, the outside. *pure*
 *
 * A core is every file of the pure zones (import-rules.ts) that is not a test or a contract and
 * whose header does not say *shell* or *adapter*. Ports may speak of promises, and no more.
 */
import { isPure, kindOf, type Violation } from "./import-rules.ts";
import { isContract, isTest, type SourceFile } from "./source-files.ts";
import { blank, lineAt } from "./tokens.ts";

interface Ban {
  readonly pattern: RegExp;
  readonly use: string;
  readonly allowedInPorts?: boolean;
}

const BANS: readonly Ban[] = [
  { pattern: /(?<![.\w])Date\b/g, use: "the `now` that comes with the event (base/clock.ts)" },
  { pattern: /\bperformance\s*\.\s*now\b/g, use: "the `now` that comes with the event" },
  { pattern: /\bMath\s*\.\s*random\b/g, use: "the Rng handed in (base/rng.ts)" },
  {
    pattern: /(?<![.\w])(?:setTimeout|setInterval|setImmediate|queueMicrotask)\b/g,
    use: "an effect that asks the shell to wake the core",
  },
  {
    pattern: /(?<![.\w])(?:async|await)\b(?!\s*[:=?,}])/g,
    use: "a step that returns effects; waiting belongs in the shell",
    allowedInPorts: true,
  },
  {
    pattern: /(?<![.\w])Promise\b/g,
    use: "a step that returns effects; waiting belongs in the shell",
    allowedInPorts: true,
  },
  { pattern: /(?<![.\w])console\s*\./g, use: "an effect or a return value; the shell logs" },
  {
    pattern: /(?<![.\w])(?:process\s*\.|globalThis\b|fetch\s*\()/g,
    use: "a port, or a value handed in",
  },
];

export function findCoreViolations(files: readonly SourceFile[]): Violation[] {
  const found: Violation[] = [];
  for (const file of files) {
    if (!isPure(file.path) || isTest(file.path) || isContract(file.path)) continue;
    const kind = kindOf(file);
    if (kind.has("shell") || kind.has("adapter")) continue;
    const port = kind.has("port") || /\/[a-z-]*port\.ts$/.test(file.path);
    const { code } = blank(file.text);
    for (const { pattern, use, allowedInPorts } of BANS) {
      if (port && allowedInPorts) continue;
      for (const match of code.matchAll(pattern)) {
        const line = lineAt(file.text, match.index);
        found.push({ path: file.path, line, banned: match[0].replace(/[\s.(]+$/, ""), use });
      }
    }
  }
  return found.sort((a, b) => a.path.localeCompare(b.path) || a.line - b.line);
}
