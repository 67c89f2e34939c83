/**
 * What identity promises, with real processes: the laws of the simulation and more, all at once, so
 * that one SIGKILL of the serving region serves as the loss for every one of them.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type IdentityLaw,
  identityLaws,
  type LawRegion,
  type RegionPair,
} from "../../../layers/api/testing/identity-laws.ts";
import { cookiesOf } from "../../../layers/api/testing/who-app.ts";
import { visitProvider } from "../oidc/provider-visit.ts";
import { makeOperatorLink } from "../operator-link.ts";
import {
  A,
  B,
  buildPrograms,
  endReal,
  type RealDeployment,
  removePrograms,
  startReal,
} from "./real-regions.ts";
import { ask, signUp, submitTicket, until } from "./region-client.ts";

const PASSWORD = "a password of these tests";

/** What real processes show beside the laws. `door` is the front door, which outlives the region. */
interface Real {
  readonly real: RealDeployment;
  readonly door: string;
  readonly first: string;
  readonly other: string;
  /** As for the laws: one loss for all who wait for it. */
  loseFirst(): Promise<void>;
}

const post = (url: string, path: string, body: object, token?: string) =>
  ask(url, path, { method: "POST", body, ...(token === undefined ? {} : { token }) });

const shows: Readonly<Record<string, (world: Real) => Promise<void>>> = {
  "an access token of the lost region writes at the other at once": async (world) => {
    const token = await signUp(world.first, "writer");
    await world.loseFirst();
    let written = await submitTicket(world.other, token, "The lift does not come any more.");
    await until("the tickets app serves there", async () => {
      if (written.status === 503)
        written = await submitTicket(world.other, token, "The lift does not come any more.");
      return written.status !== 503;
    });
    expect(written.status).toBe(201);
    expect(written.body.createdBy).toBe("writer");
  },

  "a sign-in at another provider that one region began is finished in the other": async (world) => {
    const begin = () =>
      fetch(`${world.door}/identity/federation/local?returnTo=/tickets/`, { redirect: "manual" });
    // On a busy machine the front door gives a slow read company, and either region may begin.
    let begun = await begin();
    await until("the region that will be lost begins it", async () => {
      if (begun.headers.get("understudy-region") !== A) begun = await begin();
      return begun.headers.get("understudy-region") === A;
    });
    expect(begun.status).toBe(303);
    const location = begun.headers.get("location") ?? "";
    const back = await visitProvider(location, "Visitor", (url) => url.origin === world.door);
    await world.loseFirst();
    const done = await fetch(back, {
      redirect: "manual",
      headers: { cookie: cookiesOf(begun) },
    });
    expect([done.status, done.headers.get("location")]).toEqual([303, "/tickets/"]);
    expect(done.headers.get("understudy-region")).toBe(B);
    const me = await ask(world.door, "/identity/me", { headers: { cookie: cookiesOf(done) } });
    expect(me.body).toMatchObject({ username: "visitor" });
    const again = await fetch(back, { redirect: "manual", headers: { cookie: cookiesOf(begun) } });
    expect(again.headers.get("location")).toContain("problem=federation-failed");
  },

  "keys are rotated with overlap: tokens of both keys are good in both regions": async (world) => {
    const before = await signUp(world.first, "before-rotation");
    const { operatorToken } = world.real;
    const rotated = await post(world.first, "/identity/keys/rotate", {}, operatorToken);
    expect(rotated.status).toBe(200);
    const after = await signUp(world.first, "after-rotation");
    const kidOf = (token: string): string =>
      JSON.parse(Buffer.from(token.split(".")[0] ?? "", "base64url").toString()).kid;
    expect(kidOf(after)).toBe(rotated.body.kid);
    expect(kidOf(before)).not.toBe(kidOf(after));
    const both = async (url: string): Promise<void> => {
      for (const token of [before, after]) {
        expect((await ask(url, "/identity/me", { token })).status).toBe(200);
      }
    };
    await both(world.first);
    await world.loseFirst();
    await both(world.other);
    const jwks = await ask(world.other, "/identity/.well-known/jwks.json");
    const kids = jwks.body.keys.map((key: { kid: string }) => key.kid);
    expect(kids).toEqual(expect.arrayContaining([kidOf(before), kidOf(after)]));
    const later = await post(world.other, "/identity/sign-in", {
      username: "before-rotation",
      password: PASSWORD,
    });
    expect(kidOf(later.body.accessToken)).toBe(rotated.body.kid);
  },

  "an operator's link made in one region signs in at the other, once": async (world) => {
    const { operatorToken } = world.real;
    const link = new URL(await makeOperatorLink({ url: world.first, operatorToken }));
    await world.loseFirst();
    const code = link.hash.slice(1);
    const used = await post(world.other, "/identity/link", { code });
    expect(used.status).toBe(200);
    expect(used.body.user.roles).toContain("operator");
    expect((await post(world.other, "/identity/link", { code })).status).toBe(401);
    const fenced = await post(
      world.other,
      "/routing/apps/tickets/fence",
      { reason: "a test" },
      used.body.accessToken,
    );
    expect(fenced.status).toBeLessThan(300);
    const free = await post(
      world.other,
      "/routing/apps/tickets/unfence",
      {},
      used.body.accessToken,
    );
    expect(free.status).toBeLessThan(300);
  },
};

let programs: Awaited<ReturnType<typeof buildPrograms>>;
let real: RealDeployment | undefined;
const ends = new Map<string, Promise<void>>();

/** One kill, when everybody has come to it or is through. */
function createLoss(count: number, lose: () => Promise<void>) {
  let missing = count;
  let tell = (): void => undefined;
  const everybody = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const lost = everybody.then(lose);
  const arrive = (): void => {
    missing -= 1;
    if (missing === 0) tell();
  };
  return async (run: (loseFirst: () => Promise<void>) => Promise<void>): Promise<void> => {
    let hasArrived = false;
    const once = (): void => {
      if (!hasArrived) arrive();
      hasArrived = true;
    };
    try {
      await run(() => {
        once();
        return lost;
      });
    } finally {
      once();
    }
  };
}

beforeAll(async () => {
  programs = await buildPrograms();
  const started = await startReal(programs);
  real = started;
  const [first, other] = [await started.urlOf(A), await started.urlOf(B)];
  const door = (await started.running.status()).frontDoor ?? "";
  const part = createLoss(identityLaws.length + Object.keys(shows).length, async () => {
    process.kill(await started.pidOf(A), "SIGKILL");
    await until("identity serves in the other region", async () => {
      const view = await started.viewOf(B, "identity");
      return view?.holdsLease === true;
    });
  });
  const regionOf = (id: string, url: string): LawRegion => ({
    id,
    fetch: (path, init) => fetch(`${url}${path}`, init),
  });
  const pairOf = (loseFirst: () => Promise<void>): RegionPair => ({
    first: regionOf(A, first),
    other: regionOf(B, other),
    operatorToken: started.operatorToken,
    arrivalMs: 20_000,
    loseFirst,
  });
  const start = (name: string, run: Parameters<typeof part>[0]): void => {
    const end = part(run);
    // Whoever asks for it is told; nobody else needs to be.
    end.catch(() => undefined);
    ends.set(name, end);
  };
  for (const law of identityLaws) start(law.name, (loseFirst) => law.run(pairOf(loseFirst)));
  for (const [name, show] of Object.entries(shows)) {
    start(name, (loseFirst) => show({ real: started, door, first, other, loseFirst }));
  }
});
afterAll(async () => {
  await Promise.allSettled(ends.values());
  await endReal(real);
  removePrograms(programs);
});

const names = [...identityLaws.map((law: IdentityLaw) => law.name), ...Object.keys(shows)];
for (const name of names) test(name, () => ends.get(name));
