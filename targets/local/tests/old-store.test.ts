/** A region whose disk went back to an old copy, with real processes. */
import { cpSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { A, B, useReal } from "./real-regions.ts";
import { ask, signUp, submitTicket, until } from "./region-client.ts";

const real = useReal();

test("a region whose store is an old copy comes back by itself, is given all that it lacks, and may serve", async () => {
  const deployment = await real.start();
  const { dataDir, running } = deployment;
  const store = join(dataDir, "regions", A, "store");
  const old = join(dataDir, "old-copy");
  const token = await signUp(await deployment.urlOf(A), "writer");
  const isDown = async (): Promise<boolean> =>
    (await running.status()).regions.some(({ id, up }) => id === A && !up);
  await deployment.fault("kill", [A]);
  await until("the region is down", isDown);
  cpSync(store, old, { recursive: true });
  await deployment.fault("restart", [A]);
  await until("tickets is in sync again", () => deployment.isSettled("tickets"));

  const made = await submitTicket(await deployment.urlOf(B), token, "The disk makes noises.");
  expect(made.status).toBe(201);
  await deployment.fault("kill", [A]);
  await until("the region is down", isDown);
  rmSync(store, { recursive: true });
  cpSync(old, store, { recursive: true });
  await deployment.fault("restart", [A]);
  const hasIt = async (): Promise<boolean> => {
    const held = await ask(await deployment.urlOf(A), `/tickets/api/tickets/${made.body.id}`, {
      headers: { "understudy-consistency": "stale" },
      token,
    });
    return held.status === 200 && held.body.description === made.body.description;
  };
  await until("it has what it had lost", hasIt);
  await until("tickets is in sync again", () => deployment.isSettled("tickets"));
  // The command ends when the record says so, which is before the lease is held.
  await until("it serves again", async () => {
    await deployment.command(A, "tickets", "switchover", { to: A });
    const more = await submitTicket(await deployment.urlOf(A), token, "The new disk is quiet.");
    return more.status === 201 && more.headers.get("understudy-region") === A;
  });
});
