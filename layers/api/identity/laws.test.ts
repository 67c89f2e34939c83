import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  identityLaws,
  LawBroken,
  type LawRegion,
  type RegionPair,
} from "../testing/identity-laws.ts";
import { whoApp } from "../testing/who-app.ts";
import { createWorld, OPERATOR_TOKEN, type World } from "../testing/world.ts";

const digest = (text: string) => createHash("sha256").update(text).digest("base64url");

const lawRegion = (id: string, world: World): LawRegion => ({
  id,
  fetch: (path, init) => world.api.fetch(new Request(`http://${id}.example${path}`, init)),
});

/** Two regions with one store between them: perfect replication, and a gate that says who serves. */
function openPair(): RegionPair {
  const first = createWorld({ apps: [whoApp], digest });
  const other = first.otherRegion("ap-southeast-1");
  const store = first.store("identity");
  const serve = (region: string): void => {
    for (const world of [first, other]) {
      const holdsLease = world.routing.region === region;
      world.routing.set("identity", { servingRegions: [region], holdsLease });
    }
  };
  serve("eu-west-1");
  const guarded = (id: string, world: World): LawRegion => ({
    id,
    fetch: async (path, init) => {
      // One store stands for both regions': its gate is that of the region that is asked.
      const holds = world.routing.app("identity")?.holdsLease === true;
      if (!holds && init?.method === "POST") store.gate = "not-serving";
      try {
        return await lawRegion(id, world).fetch(path, init);
      } finally {
        store.gate = "open";
      }
    },
  });
  let isLost = false;
  return {
    first: {
      id: "eu-west-1",
      fetch: (path, init) => {
        if (isLost) throw new TypeError("the region is lost");
        return guarded("eu-west-1", first).fetch(path, init);
      },
    },
    other: guarded("ap-southeast-1", other),
    loseFirst: async () => {
      isLost = true;
      serve("ap-southeast-1");
    },
    operatorToken: OPERATOR_TOKEN,
    arrivalMs: 0,
  };
}

describe("on one store between two regions", () => {
  for (const law of identityLaws) test(law.name, () => law.run(openPair()));
});

test("a law notices a region that forgets", async () => {
  const pair = openPair();
  const stranger = createWorld({ apps: [whoApp], digest });
  const forgetful = { ...pair, other: lawRegion("eu-west-1", stranger) };
  for (const law of identityLaws.slice(0, 2)) {
    await expect(law.run({ ...forgetful, ...openFirst() }), law.name).rejects.toThrow(LawBroken);
  }
});

function openFirst(): Pick<RegionPair, "first" | "loseFirst"> {
  const { first, loseFirst } = openPair();
  return { first, loseFirst };
}
