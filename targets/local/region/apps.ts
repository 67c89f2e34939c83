/** The deployment that a region's process serves. *composition* */
import type { Deployment } from "../../../layers/api/index.ts";
import { loadDeployment } from "../supervisor/config-file.ts";
import type { ChildConfig } from "../supervisor/messages.ts";

/** The config file says which apps there are; which regions there are the supervisor says. */
export async function deploymentOf(config: ChildConfig): Promise<Deployment> {
  const named = await namedDeployment(config.configFile);
  const { regions, witness } = config;
  return { ...named, regions, primary: regions[0]?.id ?? "", witness };
}

async function namedDeployment(configFile: string | undefined): Promise<Deployment> {
  if (configFile !== undefined) return loadDeployment(configFile);
  const shipped = await import("../../../understudy.config.ts");
  return shipped.default;
}
