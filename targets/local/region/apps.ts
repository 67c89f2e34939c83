/** The deployment that a region's process serves, and what its cores are told. *composition* */
import type { AppDefinition, Deployment } from "../../../layers/api/index.ts";
import type { AppOptions } from "../../../layers/region/app-region.ts";
import { loadDeployment } from "../supervisor/config-file.ts";
import type { ChildConfig } from "../supervisor/messages.ts";

/** A region that lost an app is no automatic destination for so long. */
const COOL_DOWN_MS = 1000;
const IN_SYNC_TARGET = 2;
const MIN_IN_SYNC = 1;

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

export const appOptions = (app: AppDefinition, regions: readonly string[]): AppOptions => ({
  app: app.id,
  mode: app.mode,
  durability: app.durability,
  regions,
  inSyncTarget: IN_SYNC_TARGET,
  policy: "automatic",
  tables: app.tables,
  minInSync: MIN_IN_SYNC,
  rpoMs: app.objectives.rpoMs,
  coolDownMs: COOL_DOWN_MS,
});
