/** `up --rtt aws` with real processes: links are as slow as those between the regions' cities. */
import { expect, test } from "vitest";
import { roundTripMs } from "../../../layers/routing/round-trips.ts";
import { A, B, useReal } from "./real-regions.ts";
import { ask, signUp, submitTicket, until } from "./region-client.ts";

const { start } = useReal();

const WRITES = 8;

async function quickest(work: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let at = 0; at < WRITES; at++) {
    const begun = performance.now();
    await work();
    best = Math.min(best, performance.now() - begun);
  }
  return best;
}

test("a replicated write takes one round trip between the regions, a read none", async () => {
  const betweenMs = roundTripMs(A, B) ?? 0;
  expect(betweenMs).toBeGreaterThan(100);
  const real = await start({ roundTrip: "aws" });
  const url = await real.urlOf(A);
  const token = await signUp(url, "far-away");
  const writeMs = await quickest(async () => {
    const made = await submitTicket(url, token, "The lift does not come any more.");
    expect(made.status).toBe(201);
  });
  expect(writeMs).toBeGreaterThanOrEqual(betweenMs - 2);
  expect(writeMs).toBeLessThan(2 * betweenMs);
  const readMs = await quickest(() => ask(url, "/tickets/api/tickets", { token }));
  expect(readMs).toBeLessThan(betweenMs / 2);

  await until("a voter has checked the other region", async () => {
    const { healthChecks } = await real.running.status();
    const far = healthChecks.find(({ region }) => region === A);
    const seen = far?.voters.find(({ voter }) => voter === B);
    return Number(/^took (\d+) ms$/.exec(seen?.reason ?? "")?.[1]) >= betweenMs - 2;
  });
});
