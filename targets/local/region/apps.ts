/** The deployment that a region's process serves. *composition* */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Deployment } from "../../../layers/api/index.ts";
import { loadDeployment } from "../supervisor/config-file.ts";
import type { ChildConfig } from "../supervisor/messages.ts";

/** The config file says which apps there are; which regions there are the supervisor says. */
export async function deploymentOf(config: ChildConfig): Promise<Deployment> {
  const named = await namedDeployment(config.configFile);
  const { regions, witness } = config;
  return { ...named, regions, primary: regions[0]?.id ?? "", witness };
}

/** Where the code of the apps is, and where the platform's own: what throws belongs to one of them. */
export function foldersOf({ configFile }: Pick<ChildConfig, "configFile">): {
  readonly appFolders: readonly string[];
  readonly platformFolders: readonly string[];
} {
  const root = fileURLToPath(new URL("../../../", import.meta.url));
  const app = configFile === undefined ? join(root, "apps/") : `${dirname(configFile)}/`;
  const platformFolders = ["base/", "client/", "layers/", "targets/"].map((name) =>
    join(root, name),
  );
  return { appFolders: [app], platformFolders };
}

async function namedDeployment(configFile: string | undefined): Promise<Deployment> {
  if (configFile !== undefined) return loadDeployment(configFile);
  const shipped = await import("../../../understudy.config.ts");
  return shipped.default;
}
