/**
 * Loads a deployment's own understudy.config.ts. *adapter*
 *
 * Node runs TypeScript by itself from 22.18 on; before that a loader (jiti) does it, so the same
 * file serves on every supported version. Its default export is what `defineDeployment` returned.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, extname } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigurationError } from "../../../base/errors.ts";
import type { Deployment } from "../../../layers/api/define-deployment.ts";

const EXTENSIONS = [".ts", ".mts", ".js", ".mjs"];

interface Loader {
  createJiti(from: string): { import(path: string): Promise<{ default?: unknown }> };
}

/** The deployment that a config file exports. */
export async function loadDeployment(path: string): Promise<Deployment> {
  const refuse = (what: string, fix: string): never => {
    throw new ConfigurationError({ what, got: path, fix });
  };
  if (!existsSync(path)) refuse("the config file does not exist", "Check --config.");
  const extension = extname(path);
  if (!EXTENSIONS.includes(extension)) {
    refuse(
      "the config file is of an unknown kind",
      `Name it with one of ${EXTENSIONS.join(", ")}.`,
    );
  }
  const isTypeScript = extension.endsWith("ts");
  const load = isTypeScript && !runsTypeScript() ? throughLoader : natively;
  const module = await load(path).catch((error: unknown) => {
    // One that says what to do already came out of defineApp or defineDeployment.
    if (error instanceof ConfigurationError) throw error;
    return refuse(
      `the config file cannot be loaded: ${whatWentWrong(error, path)}`,
      "Correct the file; `node --check` or an editor shows where.",
    );
  });
  if (!isDeployment(module.default)) {
    refuse(
      "the config file exports no deployment",
      "Write `export default defineDeployment({ ... })`.",
    );
  }
  return module.default as Deployment;
}

/** As far as can be told from outside; what is in it was checked when it was made. */
function isDeployment(value: unknown): value is Deployment {
  const { regions, apps } = (value ?? {}) as {
    readonly regions?: unknown;
    readonly apps?: unknown;
  };
  const hasIds = (list: unknown): boolean =>
    Array.isArray(list) &&
    list.every((one) => typeof (one as { id?: unknown } | null)?.id === "string");
  return hasIds(regions) && hasIds(apps);
}

/** The error, and the line where it tells one, without the loader's own frames. */
function whatWentWrong(error: unknown, path: string): string {
  if (!(error instanceof Error)) return String(error);
  const place = error.stack?.split("\n").find((line) => line.includes(`${basename(path)}:`));
  const at = place === undefined ? undefined : /:(\d+)(?::\d+)?\)?$/.exec(place.trim())?.[1];
  return `${error.name}: ${error.message}${at === undefined ? "" : ` (line ${at})`}`;
}

const runsTypeScript = (): boolean =>
  Boolean((process.features as { readonly typescript?: unknown }).typescript);

const natively = async (path: string): Promise<{ default?: unknown }> =>
  (await import(pathToFileURL(path).href)) as { default?: unknown };

async function throughLoader(path: string): Promise<{ default?: unknown }> {
  const found = findLoader();
  if (found === undefined) {
    throw new ConfigurationError({
      what: `Node ${process.versions.node} cannot run TypeScript by itself`,
      got: path,
      fix: "Install the package jiti beside understudy, use Node 22.18 or later, or write the file as .mjs.",
    });
  }
  const loader = (await import(pathToFileURL(found).href)) as Loader;
  return loader.createJiti(import.meta.url).import(path);
}

function findLoader(): string | undefined {
  try {
    return createRequire(import.meta.url).resolve("jiti");
  } catch {
    return undefined;
  }
}
