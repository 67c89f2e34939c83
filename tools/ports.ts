/**
 * Ports, their suites, and who implements them. *pure*
 *
 * A port with a suite: every adapter of it must be reached by a test that runs the suite. Adapters
 * are found by what they declare (`extends Port`, `implements Port`, an exported function or value
 * of the port's type), not by a list, so that a new one cannot be forgotten.
 *
 * Each file whose header says *port* is named below, with its suite or with why it has none.
 */
import { posix } from "node:path";
import { kindOf } from "./import-rules.ts";
import { isCode, isContract, isTest, type SourceFile } from "./source-files.ts";
import { blank, importsOf } from "./tokens.ts";

export interface Port {
  readonly name: string;
  readonly file: string;
  /** What a test calls or loops over. */
  readonly suite: string;
}

export const PORTS: readonly Port[] = [
  { name: "KeyValueStore", file: "layers/key-value/port.ts", suite: "describeKeyValueContract" },
  { name: "ObjectStore", file: "layers/objects/port.ts", suite: "describeObjectContract" },
  { name: "ByteStore", file: "layers/objects/port.ts", suite: "describeObjectContract" },
  { name: "ObjectRows", file: "layers/objects/port.ts", suite: "describeObjectContract" },
  { name: "Engine", file: "layers/key-value/engine.ts", suite: "engineLaws" },
  { name: "ImageProcessor", file: "layers/images/port.ts", suite: "describeImagesContract" },
];

/** Ports that no suite judges, with the reason. */
export const WITHOUT_SUITE: Readonly<Record<string, string>> = {
  "layers/objects/disk.ts": "its adapters are judged by the laws of objects, which run on them",
  "layers/routing/port.ts": "the register's laws are checked in simulated runs, on the cores",
  "layers/api/identity/password-hasher.ts":
    "two methods over one library, with a test of their own",
  "layers/api/identity/federation/provider.ts":
    "its adapters are tested with a provider of our own",
  "layers/routing/dns-message.ts": "types of messages",
  "layers/api/app-guard.ts": "one adapter, whose laws need the runtime that it guards",
  "layers/api/session.ts": "one method, whose laws are tested with the tokens it reads",
  "layers/api/docs-page.ts": "gives a file's bytes",
  "layers/api/log.ts": "promises nothing that could fail",
  "layers/presentation/api/transport.ts": "one function around `fetch`",
  "targets/local/supervisor/messages.ts": "types of messages",
  "targets/local/images/messages.ts": "types of messages",
  "targets/local/voter/messages.ts": "types of messages",
  "targets/aws/runtime/write-gate.ts": "its one adapter is tested on the database",
};

/** They keep as much of a port as the tests that use them need, and judge nobody's data. */
export const STAND_INS: Readonly<Record<string, string>> = {
  "layers/api/testing/scripted-store.ts": "fails as a test of the HTTP interface tells it to",
};

export interface Adapter {
  readonly port: Port;
  readonly path: string;
}

const isSource = (file: SourceFile): boolean =>
  isCode(file) && !isTest(file.path) && !isContract(file.path);

function declares(code: string, port: string): boolean {
  const patterns = [
    `\\b(?:extends|implements)\\s+(?:[\\w<>, ]+,\\s*)?${port}\\b(?!\\[)`,
    `\\bexport\\s+(?:async\\s+)?function\\s+\\w+(?:<[^>]*>)?\\([^)]*\\):\\s*(?:Promise<)?${port}\\b(?!\\[)`,
    `\\bexport\\s+const\\s+\\w+:\\s*${port}\\s*=`,
  ];
  return patterns.some((pattern) => new RegExp(pattern).test(code));
}

export function adaptersIn(files: readonly SourceFile[]): Adapter[] {
  return files.filter(isSource).flatMap((file) => {
    if (Object.hasOwn(STAND_INS, file.path)) return [];
    const { code } = blank(file.text);
    return PORTS.filter((port) => port.file !== file.path && declares(code, port.name)).map(
      (port) => ({ port, path: file.path }),
    );
  });
}

/** The adapters that no run of their port's suite reaches. */
export function unjudged(files: readonly SourceFile[]): Adapter[] {
  const reached = new Map(
    PORTS.map(({ suite }) => {
      const uses = new RegExp(`\\b${suite}\\s*[()]`);
      const runs = files.filter(({ path, text }) => isTest(path) && uses.test(blank(text).code));
      return [suite, reachableFrom(runs, files)];
    }),
  );
  return adaptersIn(files).filter(({ port, path }) => !reached.get(port.suite)?.has(path));
}

function reachableFrom(
  starts: readonly SourceFile[],
  files: readonly SourceFile[],
): ReadonlySet<string> {
  const byPath = new Map(files.map((file) => [file.path, file]));
  const reached = new Set<string>();
  const open = [...starts];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    for (const { specifier, typeOnly } of importsOf(file.text)) {
      if (typeOnly || !specifier.startsWith(".")) continue;
      const path = posix.join(posix.dirname(file.path), specifier);
      const next = byPath.get(path);
      if (next === undefined || reached.has(path)) continue;
      reached.add(path);
      open.push(next);
    }
  }
  return reached;
}

/** Ports that the lists above do not know. */
export const unlistedPorts = (files: readonly SourceFile[]): string[] =>
  files
    .filter((file) => isSource(file) && !file.path.startsWith("tools/"))
    .filter((file) => kindOf(file).has("port"))
    .map(({ path }) => path)
    .filter((path) => !Object.hasOwn(WITHOUT_SUITE, path))
    .filter((path) => PORTS.every(({ file }) => file !== path));

/** Names in the lists above that no file has any more. */
export function staleNames(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map(({ path }) => path));
  const named = [
    ...PORTS.map(({ file }) => file),
    ...Object.keys(WITHOUT_SUITE),
    ...Object.keys(STAND_INS),
  ];
  return named.filter((path) => !paths.has(path));
}
