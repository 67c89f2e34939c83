import { expect, test } from "vitest";
import { genesis } from "./members.ts";
import type { VoterReply, VoterRequest } from "./messages.ts";
import type { RoutingRecord } from "./record.ts";
import { type ChangeOf, Round } from "./round.ts";

const members = genesis(["a", "b"], { a: "voter-a", b: "voter-b", witness: "voter-w" });
const record = { app: "tickets", version: 1 } as RoutingRecord;
const before = { ballot: { number: 1, site: "a", incarnation: 1 }, value: record };

function start(change: ChangeOf): Round {
  const round = new Round({
    register: "tickets",
    id: 1,
    ballot: { number: 2, site: "b", incarnation: 1 },
    members,
    from: { region: "b", incarnation: 1 },
    change,
    queryFirst: false,
    mayDrop: true,
  });
  expect(round.begin().map(({ to }) => to)).toEqual(["voter/a", "voter/b", "voter/witness"]);
  return round;
}

const promised = (site: string, voterId: string, suspects: readonly string[]): VoterReply => ({
  type: "promised",
  site,
  voterId,
  register: "tickets",
  round: 1,
  accepted: before,
  suspects,
  memory: {},
});

const kinds = (sent: readonly { message: VoterRequest }[]): string[] => [
  ...new Set(sent.map(({ message }) => message.type)),
];

test("a majority that suspects is asked to accept what follows", () => {
  const round = start(({ isSuspected }) => (isSuspected("a") ? { ...record, version: 2 } : "drop"));
  expect(round.step(promised("b", "voter-b", ["a"]))).toEqual({ send: [] });
  expect(kinds(round.step(promised("witness", "voter-w", ["a"])).send)).toEqual(["accept"]);
});

test("no majority of suspects, no accept: the round is dropped, and later promises change nothing", () => {
  const round = start(({ isSuspected }) => (isSuspected("a") ? { ...record, version: 2 } : "drop"));
  round.step(promised("b", "voter-b", ["a"]));
  const { send, end } = round.step(promised("witness", "voter-w", []));
  expect([send, end]).toEqual([[], { kind: "dropped" }]);
  expect(round.step(promised("a", "voter-a", ["a"]))).toEqual({ send: [] });
});

test("a proposer that declines confirms what is there: its answer is stable", () => {
  const round = start(() => undefined);
  round.step(promised("b", "voter-b", []));
  const { send } = round.step(promised("witness", "voter-w", []));
  expect(send.map(({ message }) => message)).toContainEqual(
    expect.objectContaining({ type: "accept", value: record }),
  );
});
