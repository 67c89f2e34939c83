/**
 * Loads a deployment's own understudy.config.ts. *adapter*
 *
 * Node runs TypeScript by itself from 22.18 on; before that a loader (jiti) does it, so the same
 * file serves on every supported version. Its default export is what `defineDeployment` returned.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { extname } from "node:path";
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
  const module =
    isTypeScript && !runsTypeScript() ? await throughLoader(path) : await natively(path);
  const deployment = module.default as Partial<Deployment> | undefined;
  if (!Array.isArray(deployment?.regions) || !Array.isArray(deployment.apps)) {
    refuse(
      "the config file exports no deployment",
      "Write `export default defineDeployment({ ... })`.",
    );
  }
  return deployment as Deployment;
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
