/** What real regions and the supervisor say while something is wrong. */
import { expect, test } from "vitest";
import type { VotersView } from "../../../layers/routing/voters.ts";
import { A, B, useReal } from "./real-regions.ts";
import { ask, until } from "./region-client.ts";

const { start } = useReal();
const LIMIT_MS = 90_000;

test(
  "without a majority status says so, commands are refused at once, and reads go on",
  async () => {
    const deployment = await start();
    const calm = await deployment.running.status();
    expect([calm.majority, calm.voters.map(({ answers }) => answers)]).toEqual([
      true,
      [true, true, true],
    ]);
    await deployment.fault("kill", ["witness", B]);
    await until("the silence is told", async () => {
      return (await deployment.running.status()).majority === false;
    });
    const { voters, faults } = await deployment.running.status();
    const silent = voters.filter(({ answers }) => answers === false).map(({ id }) => id);
    expect(silent.sort()).toEqual([B, "witness"]);
    expect(faults.map(({ kind, sites, by }) => [kind, sites[0], by]).sort()).toEqual([
      ["kill", B, "operator"],
      ["kill", "witness", "operator"],
    ]);
    const refused = await deployment.command(A, "tickets", "fence");
    expect([refused.status, refused.body.code]).toEqual([503, "no-majority"]);
    const url = await deployment.urlOf(A);
    await until("reads go on", async () => {
      return (await ask(url, "/identity/providers")).status === 200;
    });
    await deployment.fault("restart", ["witness"]);
    await until("the witness answers", async () => {
      return (await deployment.running.status()).majority === true;
    });
  },
  LIMIT_MS,
);

test(
  "a region that starts alone says who votes, and that nothing serves",
  async () => {
    const deployment = await start();
    await deployment.fault("kill", ["witness", A, B]);
    await deployment.fault("restart", [A]);
    await until("the voters are told", async () => {
      const { body } = await ask(await deployment.urlOf(A), "/routing/voters");
      const { majority, voters } = body as VotersView;
      return majority !== true && voters.map(({ id }) => id).join() === [A, B, "witness"].join();
    });
    expect(await deployment.viewOf(A, "tickets")).toMatchObject({
      servingRegions: [],
      writesAtRisk: null,
      unknown: "holder-silent",
    });
    await deployment.fault("restart", ["witness"]);
    await until("it serves", async () => {
      return (await deployment.viewOf(A, "tickets"))?.holdsLease === true;
    });
  },
  LIMIT_MS,
);

test(
  "after a kill no region counts the whole log as writes at risk",
  async () => {
    const deployment = await start();
    await deployment.fault("kill", [A]);
    await until("the other region serves", async () => {
      return (await deployment.viewOf(B, "identity"))?.holdsLease === true;
    });
    expect(await deployment.viewOf(B, "identity")).toMatchObject({
      writesAtRisk: 0,
      lag: { [A]: { writes: 0 } },
    });
    await deployment.fault("restart", [A]);
    await until("both say the same", async () => {
      const views = [
        await deployment.viewOf(A, "identity"),
        await deployment.viewOf(B, "identity"),
      ];
      return views.every((view) => view?.lag[A]?.writes === 0 && view.writesAtRisk === 0);
    });
  },
  LIMIT_MS,
);
