/**
 * The config file of the directory that a command is typed in. *shell*
 *
 * A project made by `understudy new` has one, and `understudy up` in it means that project. In a
 * checkout of Understudy itself the file is the source of the shipped deployment, which needs no
 * loader.
 */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { PACKAGE_ROOT } from "./package-root.ts";

const NAME = "understudy.config.ts";

/** `given` is what `--config` says; undefined means the shipped deployment. */
export function configFileOf(given: string | undefined): string | undefined {
  if (given !== undefined) return resolve(given);
  const beside = resolve(NAME);
  return existsSync(beside) && beside !== join(PACKAGE_ROOT, NAME) ? beside : undefined;
}
