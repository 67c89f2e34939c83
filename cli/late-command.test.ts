/** Late writes of real regions, as the command and the status show them. */
import { expect, test } from "vitest";
import type { LateWrite } from "../layers/routing/late.ts";
import { A, B, useReal } from "../targets/local/tests/real-regions.ts";
import { ask, signUp, submitTicket, until } from "../targets/local/tests/region-client.ts";
import { describeLate } from "./late-command.ts";
import { runCommand } from "./main.ts";
import type { Terminal } from "./terminal.ts";

const { start } = useReal();
const same = (text: string): string => text;

async function understudy(...argv: string[]) {
  const said = { out: "", err: "" };
  const terminal: Terminal = {
    isInteractive: false,
    out: (line) => {
      said.out += `${line}\n`;
    },
    err: (line) => {
      said.err += `${line}\n`;
    },
    bold: same,
    faint: same,
    good: same,
    bad: same,
  };
  return { status: await runCommand(argv, terminal), ...said };
}

test("what a region alone had at a forced failover is listed, counted and measured", async () => {
  const deployment = await start();
  const on = (...argv: string[]) => understudy(...argv, "--data", deployment.dataDir);
  expect(await on("late-writes", "tickets")).toMatchObject({
    status: 0,
    out: "No late writes of tickets.\n",
  });
  const url = await deployment.urlOf(A);
  const token = await signUp(url, "requester");
  await deployment.fault("partition", [A, B]);
  await until("the other region hears nothing any more", async () => {
    return (await deployment.viewOf(B, "tickets"))?.unknown === "holder-silent";
  });
  await until("the region that is cut off acknowledges alone", async () => {
    return (await submitTicket(url, token, "acknowledged by one region")).status === 201;
  });
  // The other region may have to learn of the in-sync set first: then it is asked again.
  await until("the other region is made to serve", async () => {
    return (
      (await on("failover", "tickets", "--to", B, "--accept-data-loss", "--reason", "fire"))
        .status === 0
    );
  });
  // What arrives before the epoch begins is not late.
  await until("it serves", async () => {
    return (await deployment.viewOf(B, "tickets"))?.holdsLease === true;
  });
  await deployment.fault("heal", []);
  await until("the late write is judged", async () => {
    const view = await deployment.viewOf(B, "tickets");
    return view?.lateWrites.recovered >= 1 && view.lateWrites.waiting === 0;
  });

  const { status, out } = await on("late-writes", "tickets");
  expect(status).toBe(0);
  expect(out).toContain(`tickets: recovered, written `);
  expect(out).toContain(`in ${A} (epoch 1), judged `);
  expect(out).toContain("acknowledged by one region");
  const json = JSON.parse((await on("late-writes", "--json")).out);
  expect(json.items[0]).toMatchObject({ app: "tickets", region: A, judgedBy: B });
  expect(json.copies).toContainEqual({ app: "tickets", readAt: B, dataAgeMs: 0 });

  expect((await on("status")).out).toMatch(/tickets: late writes: \d+ recovered/);
  const metrics = String((await ask(await deployment.urlOf(B), "/metrics")).body);
  expect(metrics).toMatch(
    /understudy_late_writes\{app="tickets",verdict="recovered",[^}]*\} [1-9]/,
  );
  const journal = await ask(await deployment.urlOf(B), "/routing/journal?app=tickets");
  const entry = journal.body.items.find((one: { cause: string }) => one.cause === "failover");
  expect(entry).toMatchObject({ acceptedDataLoss: true, by: "operator", reason: "fire" });
  expect((await on("late-writes", "nope")).status).toBe(1);
  expect((await on("late-writes", "--limit", "0")).status).toBe(64);
});

test("both values of an item are shown where another one was kept, and what is hidden is named", () => {
  const late: LateWrite = {
    app: "shop",
    region: "a",
    epoch: 3,
    position: 7,
    writtenAt: 0,
    judgedAt: 1,
    judgedBy: "b",
    verdict: "partly",
    items: [
      {
        table: "rows",
        key: { partition: "p", sort: "s" },
        outcome: "superseded",
        late: { n: 1 },
        kept: null,
      },
      {
        table: "rows",
        key: { partition: "q", sort: "" },
        outcome: "recovered",
        late: { n: 2 },
        kept: { n: 2 },
      },
      { table: "users", key: { partition: "u", sort: "" }, outcome: "recovered", hidden: true },
    ],
  };
  const copies = [{ app: "shop", readAt: "b", dataAgeMs: 1_500 }];
  expect(describeLate([late], copies, { bold: same, faint: same })).toEqual([
    "shop: partly, written 1970-01-01 00:00:00.000Z in a (epoch 3), judged 1970-01-01 00:00:00.001Z by b",
    "  rows p/s: superseded",
    '    late  {"n":1}',
    "    kept  (nothing)",
    "  rows q: recovered",
    '    late  {"n":2}',
    "  users u: recovered (values are not shown)",
    "shop: from the copy of b, which does not serve it, 1.5s old.",
  ]);
});
