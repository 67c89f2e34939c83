/**
 * Who may import whom. *pure*
 *
 *   base <- layers <- apps, targets <- composition roots (cli, testing, bench, main.ts, open.ts)
 *   base <- client <- drill, pages
 *
 * A file directly in apps/ speaks of all of them, and is a composition root as well.
 *
 * Rules
 *  D1 a file imports only from the zones that MAY_IMPORT names for its own
 *  D2 apps never import each other, and neither do targets
 *  D3 between layers, and from apps into layers, only public files are imported: those of
 *     PUBLIC_NAMES, and those whose header says *port* or *public*. SEES_INSIDE names who is the
 *     shell of a core or composes it. The presentation layer is a kit, all of it public; pages may
 *     import any type
 *  D4 pure zones import no Node API and no package but zod
 * Tests obey D1 and D2.
 */
import { posix } from "node:path";
import { isContract, isTest, type SourceFile } from "./source-files.ts";
import { headerOf, importsOf } from "./tokens.ts";

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly banned: string;
  readonly use: string;
}

export const show = (found: Violation): string =>
  `${found.path}:${found.line}: ${found.banned} is banned here, use ${found.use}`;

const cores = [
  "layers/routing",
  "layers/key-value",
  "layers/objects",
  "layers/images",
  "layers/identity",
];
const pages = ["base", "client", "layers/presentation", "layers/api", ...cores];
const services = ["base", ...cores, "layers/leaderboard", "layers/blog", "layers/api"];

/** Besides itself. `*` is for composition roots. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[] | "*">> = {
  base: [],
  "layers/routing": ["base"],
  "layers/key-value": ["base"],
  "layers/objects": ["base"],
  "layers/images": ["base"],
  "layers/identity": ["base"],
  "layers/region": ["base", "layers/routing", "layers/key-value", "layers/objects"],
  "layers/leaderboard": ["base", "layers/key-value"],
  "layers/blog": ["base", "layers/key-value"],
  "layers/api": ["base", ...cores, "layers/region", "layers/leaderboard", "layers/blog"],
  "layers/presentation": ["base", "client", "layers/api", ...cores],
  client: ["base"],
  "apps/model": ["base", ...services],
  "apps/web": [...pages, "apps", "apps/model"],
  apps: [...services, "apps/model"],
  targets: [...services, "layers/region"],
  drill: ["base", "client", "targets/open"],
  root: "*",
  tools: ["layers/key-value", "layers/objects"],
};

const SEES_INSIDE: Readonly<Record<string, readonly string[]>> = {
  "layers/region": ["layers/routing", "layers/key-value", "layers/objects"],
  "layers/api": ["layers/identity", "layers/objects"],
  targets: [...services, "layers/region"],
};

const PUBLIC_NAMES = /\/(?:index|port|record|table|(?:[a-z-]+-)?contract|define-[a-z-]+)\.tsx?$/;
const PURE = /^(?:base|layers\/(?:routing|key-value|region|identity|objects|images|leaderboard))\//;
const PURE_MODEL = /^apps\/[^/]+\/model\//;
/** Runs while bundling or developing, never in a region or a page. */
const BUILD_TIME = /\/(?:build\/|dev\/|vite[a-z.-]*\.ts$)/;
const PAGES = new Set(["layers/presentation", "apps/web"]);
const ROOT_FILE =
  /^(?:cli|testing|bench|model)\/|^(?:apps\/)?[^/]+$|^targets\/[^/]+\/(?:.+\/)?(?:main|open)\.ts$/;

export const isPure = (path: string): boolean => PURE.test(path) || PURE_MODEL.test(path);

export function kindOf(file: SourceFile): ReadonlySet<string> {
  return new Set([...headerOf(file.text).matchAll(/\*([a-z]+)\*/g)].map((match) => match[1] ?? ""));
}

export function zoneOf(path: string): string {
  const [top = "", second = "", third = ""] = path.split("/");
  if (ROOT_FILE.test(path)) return "root";
  if (top === "layers") return `layers/${second}`;
  if (top === "apps") return third === "model" || third === "web" ? `apps/${third}` : "apps";
  return top;
}

export function findImportViolations(files: readonly SourceFile[]): Violation[] {
  const kinds = new Map(files.map((file) => [file.path, kindOf(file)]));
  const found: Violation[] = [];
  for (const file of files) {
    const from = zoneFor(file.path, kinds.get(file.path));
    for (const { specifier, line, typeOnly } of importsOf(file.text)) {
      const problem = specifier.startsWith(".")
        ? judgeFile(
            file.path,
            from,
            { target: posix.join(posix.dirname(file.path), specifier), typeOnly },
            kinds,
          )
        : judgePackage(file, specifier, typeOnly, kinds.get(file.path));
      if (problem) found.push({ path: file.path, line, ...problem });
    }
  }
  return found;
}

type Problem = Pick<Violation, "banned" | "use"> | undefined;

function zoneFor(path: string, kind: ReadonlySet<string> | undefined): string {
  return path.startsWith("targets/") && kind?.has("composition") ? "root" : zoneOf(path);
}

function judgeFile(
  path: string,
  from: string,
  { target, typeOnly }: { readonly target: string; readonly typeOnly: boolean },
  kinds: ReadonlyMap<string, ReadonlySet<string>>,
): Problem {
  const to = zoneOf(target);
  const allowed = MAY_IMPORT[from];
  if (allowed === "*") return undefined;
  if (allowed === undefined) {
    return { banned: `the unknown folder ${from}`, use: "a folder of ARCHITECTURE.md" };
  }
  for (const kind of ["apps", "targets"]) {
    const [own, other] = [path.split("/"), target.split("/")];
    if (own[0] === kind && other[0] === kind && own[1] !== other[1]) {
      return { banned: `importing ${target}`, use: `layers/ for what two ${kind} share` };
    }
  }
  if (to === from) return undefined;
  if (to === "root") {
    const sameTarget = from === "targets" && target.startsWith("targets/");
    const door = /^targets\/[^/]+\/open\.ts$/.test(target) && allowed.includes("targets/open");
    if (sameTarget || door) return undefined;
    return { banned: `importing the composition root ${target}`, use: "an argument or a port" };
  }
  if (!allowed.includes(to)) {
    const list = allowed.length === 0 ? "only its own folder" : `only ${allowed.join(", ")}`;
    return { banned: `importing ${target}`, use: `${list} from ${from}` };
  }
  if (!to.startsWith("layers/") || isTest(path)) return undefined;
  if (to === "layers/presentation" || SEES_INSIDE[from]?.includes(to)) return undefined;
  if (PAGES.has(from) && typeOnly) return undefined;
  const kind = kinds.get(target);
  if (PUBLIC_NAMES.test(target) || kind?.has("port") || kind?.has("public")) return undefined;
  return {
    banned: `importing the inside of ${to} (${target})`,
    use: `its port.ts or index.ts, or say *public* in that file's header`,
  };
}

function judgePackage(
  file: SourceFile,
  specifier: string,
  typeOnly: boolean,
  kind: ReadonlySet<string> | undefined,
): Problem {
  if (isTest(file.path) || isContract(file.path)) return undefined;
  if (specifier.startsWith("node:") && /^(?:layers|client|apps)\//.test(file.path)) {
    if (!BUILD_TIME.test(file.path)) {
      return { banned: `importing ${specifier}`, use: "a port, with an adapter in targets/" };
    }
  }
  const shell = kind?.has("shell") || kind?.has("adapter");
  if (isPure(file.path) && !shell && specifier !== "zod" && !typeOnly) {
    return { banned: `importing ${specifier}`, use: "base/, zod, or a port" };
  }
  if (file.path.startsWith("base/") || file.path.startsWith("client/")) {
    return { banned: `importing the package ${specifier}`, use: "the language alone" };
  }
  return undefined;
}
