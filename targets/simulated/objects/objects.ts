/**
 * The object store of a region in the simulated world. *adapter*
 *
 * The same store over the same cores as in a region process. It belongs to the region and not to
 * one of its processes: after a restart its calls go to the new one, and while there is none they
 * fail as a connection that is refused does.
 */
import { createObjectRows } from "../../../layers/api/objects/object-table.ts";
import { createObjectStore } from "../../../layers/objects/object-store.ts";
import type { ByteStore, ObjectStore } from "../../../layers/objects/port.ts";
import { createReplicatedByteStore } from "../../../layers/region/byte-store.ts";
import { createSimulatedKeyValueStore, pump, pumped } from "../key-value.ts";
import type { Process } from "../node.ts";
import type { World } from "../world.ts";

/** Moves the world until a promise has settled. */
export type Pump = <Value>(world: World, pending: Promise<Value>) => Promise<Value>;

export interface SimulatedObjectsOptions {
  readonly world: World;
  readonly region: string;
  readonly app: string;
  readonly buckets: readonly string[];
  readonly pump?: Pump;
}

export function createSimulatedObjects(options: SimulatedObjectsOptions): ObjectStore {
  const { world, region, app, buckets } = options;
  let made: { readonly process: Process; readonly objects: ObjectStore } | undefined;
  const current = (): ObjectStore => {
    const { process } = world.node(region);
    if (process === undefined) throw new Error(`${region} is down`);
    if (made?.process !== process) {
      const run = options.pump ?? pump;
      const rows = createObjectRows(
        pumped(world, createSimulatedKeyValueStore(world, region, app), run),
      );
      const bytes = pumpedBytes(world, bytesOf(world, process, app), run);
      const now = () => process.node.instant().wall;
      made = { process, objects: createObjectStore({ rows, bytes, buckets, now }) };
    }
    return made.objects;
  };
  return {
    stage: async (...given) => current().stage(...given),
    name: async (...given) => current().name(...given),
    put: async (...given) => current().put(...given),
    head: async (...given) => current().head(...given),
    get: async (...given) => current().get(...given),
    open: async (...given) => current().open(...given),
    remove: async (...given) => current().remove(...given),
    list: async (...given) => current().list(...given),
    replication: async (...given) => current().replication(...given),
  };
}

function bytesOf(world: World, process: Process, id: string): ByteStore {
  const app = process.region?.apps.get(id);
  const { bytes, disk } = process;
  if (app === undefined || bytes === undefined || disk === undefined) {
    throw new RangeError(`no core runs ${id}`);
  }
  const turn = (): void => process.run(() => process.region?.endTurn(process.node.instant()));
  return createReplicatedByteStore({
    app,
    bytes,
    disk,
    schedule: () => world.scheduler.after(0, turn),
  });
}

function pumpedBytes(world: World, bytes: ByteStore, run: Pump): ByteStore {
  async function* body(parts: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    const iterator = parts[Symbol.asyncIterator]();
    for (;;) {
      const next = await run(world, iterator.next());
      if (next.done === true) return;
      yield next.value;
    }
  }
  return {
    region: bytes.region,
    stage: (given, options) => run(world, bytes.stage(given, options)),
    whereabouts: (digests) => run(world, bytes.whereabouts(digests)),
    open: async (digest, sizeBytes, range) => {
      const opened = await run(world, bytes.open(digest, sizeBytes, range));
      if (opened.kind === "failed") return opened;
      return { kind: "ok", value: { ...opened.value, body: body(opened.value.body) } };
    },
  };
}
