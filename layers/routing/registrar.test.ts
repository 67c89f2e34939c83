import { expect, test } from "vitest";
import { type Instant, monotonicMs, wallMs } from "../../base/clock.ts";
import { createRng } from "../../base/rng.ts";
import { genesis } from "./members.ts";
import type { RegisterValue, VoterRequest } from "./messages.ts";
import type { RoutingRecord } from "./record.ts";
import { Registrar } from "./registrar.ts";
import { ROUTING_RULES } from "./rules.ts";

const members = genesis(["a", "b"], { a: "voter-a", b: "voter-b", witness: "voter-w" });
const at = (ms: number): Instant => ({ mono: monotonicMs(ms), wall: wallMs(ms) });
const held = { app: "tickets", version: 1 } as RoutingRecord;

/** A takeover whose suspicion is gone by its second try; `isAccepted`: the first came to an accept. */
function secondTry(isAccepted: boolean): { sent: string[]; dropped: number } {
  const sent: VoterRequest[] = [];
  const told = { dropped: 0 };
  const registrar = new Registrar("tickets", {
    self: { region: "b", incarnation: 1 },
    rng: createRng(1),
    rules: ROUTING_RULES,
    send: (to, message) => void (to === "voter/b" && sent.push(message)),
    members: () => members,
    onMembers: () => undefined,
  });
  const promise = (now: number): void => {
    const round = (sent.at(-1) as Extract<VoterRequest, { type: "prepare" }>).round;
    for (const [site, voterId] of [
      ["b", "voter-b"],
      ["witness", "voter-w"],
    ] as const) {
      const accepted = { ballot: { number: 1, site: "a", incarnation: 1 }, value: held };
      const rest = { accepted, suspects: [], memory: {} };
      registrar.step(
        { type: "promised", site, voterId, register: "tickets", round, ...rest },
        at(now),
      );
    }
  };
  let tries = 0;
  const change = (): RegisterValue | "drop" =>
    ++tries === 1 && isAccepted ? ({ ...held, version: 2 } as RoutingRecord) : "drop";
  const dropped = (): void => void told.dropped++;
  registrar.propose({ change, done: () => undefined, dropped }, at(0));
  promise(1);
  if (isAccepted) {
    // Nobody answers the accepts.
    for (let ms = 10; ms < 2000 && sent.at(-1)?.type !== "prepare"; ms += 10) {
      registrar.tick(at(ms));
    }
    promise(2001);
  }
  return { sent: sent.map(({ type }) => type), dropped: told.dropped };
}

test("what was never accepted anywhere is dropped without an accept", () => {
  expect(secondTry(false)).toEqual({ sent: ["prepare"], dropped: 1 });
});

test("what may have been accepted somewhere is not dropped: its outcome has to be known", () => {
  const sent = ["prepare", "accept", "prepare", "accept"];
  expect(secondTry(true)).toEqual({ sent, dropped: 0 });
});
