/** The laws of identity on the replicated store: two regions, real cores, virtual time. */
import { createHash } from "node:crypto";
import { test } from "vitest";
import { identityTables } from "../../layers/api/identity/tables.ts";
import {
  identityLaws,
  type LawRegion,
  type RegionPair,
} from "../../layers/api/testing/identity-laws.ts";
import { whoApp } from "../../layers/api/testing/who-app.ts";
import { createWorld, OPERATOR_TOKEN } from "../../layers/api/testing/world.ts";
import { createSimulatedKeyValueStore, pumped } from "./key-value.ts";
import { appOptions } from "./setting.ts";
import { World } from "./world.ts";

const IDENTITY = "identity";
const REGIONS = ["eu-west-1", "ap-southeast-1"] as const;
const [FIRST, OTHER] = REGIONS;
const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

function openPair(seed: number): RegionPair {
  const options = appOptions([...REGIONS], "active-passive", "replicated");
  const app = { ...options, app: IDENTITY, tables: [...identityTables] };
  const world = new World({ seed, regions: [...REGIONS], apps: [app] });
  world.start();
  const isReady = (): boolean =>
    world.app(FIRST, IDENTITY)?.holding !== undefined &&
    world.app(FIRST, IDENTITY)?.record?.inSyncRegions.length === 2;
  if (world.until(isReady, 10_000) === undefined) throw new Error("the world did not start");
  world.advance(300);
  let lost: string | undefined;
  const open = (region: string): LawRegion => {
    const store = pumped(world, createSimulatedKeyValueStore(world, region, IDENTITY));
    const api = createWorld({ apps: [whoApp], digest, region, storeFor: () => store });
    return {
      id: region,
      fetch: (path, init) => {
        if (region === lost) throw new TypeError("the region is lost");
        const servingRegions = world.holders(IDENTITY);
        const holdsLease = servingRegions.includes(region);
        api.routing.set(IDENTITY, { servingRegions, holdsLease });
        return api.api.fetch(new Request(`http://${region}.example${path}`, init));
      },
    };
  };
  return {
    first: open(FIRST),
    other: open(OTHER),
    operatorToken: OPERATOR_TOKEN,
    arrivalMs: 5_000,
    loseFirst: async () => {
      world.kill(FIRST);
      lost = FIRST;
      const isOver = () => world.holders(IDENTITY).includes(OTHER);
      if (world.until(isOver, 30_000) === undefined) throw new Error("nobody took over");
      world.advance(300);
    },
  };
}

for (const law of identityLaws) {
  for (const seed of [1, 2]) test(`${law.name} (seed ${seed})`, () => law.run(openPair(seed)));
}
