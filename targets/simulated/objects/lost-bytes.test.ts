import { expect, test } from "vitest";
import { placeKey } from "../../../layers/objects/messages.ts";
import { APP, appOptions, checked, ITEMS, withObjects } from "../setting.ts";
import { World } from "../world.ts";
import { sha256 } from "./byte-disk.ts";
import { createSimulatedObjects } from "./objects.ts";

const IDS = ["a", "b"];

function startWorld(): World {
  const apps = [withObjects(appOptions(IDS, "active-passive", "replicated"))];
  const world = new World({
    seed: 3,
    regions: IDS,
    apps,
    objects: { graceMs: 1500, chunkBytes: 64 },
  });
  world.start();
  expect(world.until(() => isInSync(world), 10_000)).toBeDefined();
  return world;
}

const isInSync = (world: World): boolean =>
  world.app("a", APP)?.record?.inSyncRegions.length === IDS.length;

const bytes = Uint8Array.from({ length: 200 }, (_, at) => at);
const place = { app: APP, digest: sha256(bytes) };

async function putIn(world: World, region: string): Promise<void> {
  const objects = createSimulatedObjects({ world, region, app: APP, buckets: ["pictures"] });
  const put = await objects.put("pictures", "a", bytes, { contentType: "image/png" });
  expect(put.kind).toBe("ok");
}

function loseIn(world: World, region: string): void {
  const node = world.node(region);
  node.byteMedium.files.delete(placeKey(place));
  node.process?.run(() => node.process?.bytes?.lost(place));
}

test("bytes that one disk lost are pulled again from the other", async () => {
  const world = startWorld();
  await putIn(world, "a");
  loseIn(world, "b");
  expect(world.until(() => world.node("b").byteMedium.has(place), 20_000)).toBeDefined();
  loseIn(world, "a");
  expect(world.until(() => world.node("a").byteMedium.has(place), 20_000)).toBeDefined();
  expect(world.until(() => isInSync(world), 20_000)).toBeDefined();
});

test("bytes that every disk lost keep no region out of sync for ever", async () => {
  const world = startWorld();
  await putIn(world, "a");
  for (const region of IDS) loseIn(world, region);
  const acknowledged: string[] = [];
  const write = (): void => {
    const node = world.node("a");
    const item = { id: "x", value: "after" };
    const answer = ({ kind }: { kind: string }): void => void acknowledged.push(kind);
    const request = { writes: checked({ kind: "put", table: ITEMS, item }), answer };
    node.process?.run(() => node.process?.region?.apps.get(APP)?.write([request], node.instant()));
  };
  for (let round = 0; round < 40; round++) {
    write();
    world.advance(100);
  }
  expect(acknowledged.at(-1)).toBe("ok");
  expect(world.until(() => isInSync(world), 30_000)).toBeDefined();
  write();
  world.advance(1000);
  const peer = world.app("a", APP)?.holding?.shipping.peers.get("b");
  expect(peer?.match).toBe(world.app("a", APP)?.log.end.position);
});
