/** Two regions of the simulated world, for the laws of objects. *for tests* */
import { contractBuckets, type ObjectSetup } from "../../../layers/objects/contract.ts";
import type { AppOptions } from "../../../layers/region/app-parts.ts";
import { APP, appOptions, withObjects } from "../setting.ts";
import { World, type WorldOptions } from "../world.ts";
import { createSimulatedObjects, type Pump } from "./objects.ts";

export interface ContractWorldOptions {
  readonly mode: AppOptions["mode"];
  readonly durability: AppOptions["durability"];
  readonly pump?: Pump;
  readonly openDisk?: WorldOptions["openDisk"];
  /** How long bytes stay that no row names. */
  readonly graceMs?: number;
  /** Default: what the world's own disks hold. */
  readonly filesOf?: (region: string) => Promise<readonly string[]>;
}

const IDS = ["a", "b"];
const GRACE_MS = 1500;
const CHUNK_BYTES = 4096;

export async function openContractWorld(options: ContractWorldOptions): Promise<ObjectSetup> {
  const { mode, durability, pump, openDisk } = options;
  let isHeld = false;
  const world = new World({
    seed: 7,
    regions: IDS,
    apps: [withObjects(appOptions(IDS, mode, durability))],
    objects: { graceMs: options.graceMs ?? GRACE_MS, chunkBytes: CHUNK_BYTES },
    intercept: (_from, _to, message) =>
      isHeld && message.type.startsWith("bytes-") ? undefined : message,
    ...(openDisk === undefined ? {} : { openDisk }),
  });
  world.start();
  const isReady = (): boolean => {
    const { serving = [], inSyncRegions = [] } = world.app("a", APP)?.record ?? {};
    const isServing = serving.length === (mode === "active-active" ? 2 : 1);
    return isServing && (durability === "local" || inSyncRegions.length === 2);
  };
  if (world.until(isReady, 10_000) === undefined) throw new Error("the world did not start");
  world.advance(300);
  const own = async (region: string) => world.node(region).byteMedium.list();
  return {
    regions: IDS.map((region) => ({
      id: region,
      objects: createSimulatedObjects({
        world,
        region,
        app: APP,
        buckets: contractBuckets,
        ...(pump === undefined ? {} : { pump }),
      }),
    })),
    advance: async (ms) => {
      if (pump === undefined) world.advance(ms);
      else for (let at = 0; at < ms; at += 5) await pump(world, Promise.resolve(world.advance(5)));
    },
    partition: async (a, b) => world.partition(a, b),
    heal: async () => world.network.heal(),
    holdBytes: async (held) => {
      isHeld = held;
    },
    kill: async (region) => world.kill(region),
    restart: async (region) => world.restart(region),
    filesOf: options.filesOf ?? (async (region) => (await own(region)).map(({ digest }) => digest)),
  };
}
