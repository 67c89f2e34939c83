/** The contract of the key-value port on the replicated store, in each mode and durability. */

import type { KeyValueSetup } from "../../layers/key-value/contract.ts";
import { contractTables, describeKeyValueContract } from "../../layers/key-value/contract.ts";
import type { AppOptions } from "../../layers/region/app-parts.ts";
import { createSimulatedKeyValueStore, pumped } from "./key-value.ts";
import { APP, appOptions } from "./setting.ts";
import { World } from "./world.ts";

async function open(
  mode: AppOptions["mode"],
  durability: AppOptions["durability"],
): Promise<KeyValueSetup> {
  const ids = ["a", "b"];
  const app = { ...appOptions(ids, mode, durability), tables: contractTables };
  const world = new World({ seed: 7, regions: ids, apps: [app] });
  world.start();
  const isReady = (): boolean => {
    const serving = world.app("a", APP)?.record?.serving.length ?? 0;
    const isServing = mode === "active-active" ? serving === 2 : serving === 1;
    const inSync = world.app("a", APP)?.record?.inSyncRegions.length ?? 0;
    return isServing && (durability === "local" || inSync === 2);
  };
  if (world.until(isReady, 10_000) === undefined) throw new Error("the world did not start");
  world.advance(300);
  return {
    regions: ids.map((id) => ({
      id,
      store: pumped(world, createSimulatedKeyValueStore(world, id, APP)),
    })),
    advance: async (ms) => world.advance(ms),
    partition: async (a, b) => world.partition(a, b),
    heal: async () => world.network.heal(),
  };
}

for (const mode of ["active-passive", "active-active"] as const) {
  for (const durability of ["replicated", "local"] as const) {
    describeKeyValueContract(`simulated, ${mode}, ${durability}`, () => open(mode, durability));
  }
}
