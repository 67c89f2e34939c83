import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { genesis } from "../../../layers/routing/members.ts";
import type { VoterReply, VoterRequest } from "../../../layers/routing/messages.ts";
import { LEASE_PROFILES } from "../../../layers/routing/rules.ts";
import { newVoterDisk } from "../../../layers/routing/voter-disk.ts";
import { createSystemClock } from "../clock.ts";
import type { Link } from "../link/link.ts";
import { createVoterDirectory } from "./voter-directory.ts";
import { VoterHost } from "./voter-host.ts";

const members = genesis(["a"], { a: "voter-a", witness: "voter-w" });
const directory = mkdtempSync(join(tmpdir(), "understudy-voter-host-"));
let host: VoterHost | undefined;
afterEach(async () => {
  await host?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** How often this start has written: each of its two files says its number in its first line. */
const writes = (): number =>
  Math.max(
    ...readdirSync(directory).map((name) =>
      Number(readFileSync(join(directory, name), "latin1").split(" ")[1] ?? 0),
    ),
  );

test("the apps of a region move together: what came in one turn shares one write", async () => {
  createVoterDirectory(directory, newVoterDisk("voter-a", members));
  host = await VoterHost.open({
    site: "a",
    directory,
    terms: LEASE_PROFILES.default,
    now: createSystemClock().now,
    onSuperseded: () => undefined,
    log: () => undefined,
  });
  const answers: string[] = [];
  let writesAtAnswer = 0;
  const answered = new Promise<void>((resolve) => {
    const send = (_to: string, message: unknown): void => {
      const reply = message as VoterReply;
      if (reply.type !== "promised") return;
      writesAtAnswer = writes();
      answers.push(reply.register);
      if (answers.length === 3) resolve();
    };
    host?.useLink({ send } as unknown as Link);
  });
  host.receive("voter/witness", {
    type: "remembered",
    site: "witness",
    voterId: "voter-w",
    toVoterId: "voter-a",
    toStart: host.voter.disk.identity.start,
    incarnation: 0,
  });
  expect(host.voter.status).toBe("voting");
  const before = writes();
  for (const register of ["identity", "photos", "tickets"]) {
    const prepare: VoterRequest = {
      type: "prepare",
      register,
      round: 1,
      membersVersion: members.version,
      from: { region: "a", incarnation: 1 },
      ballot: { number: 1, site: "a", incarnation: 1 },
    };
    host.receive("region/a", prepare);
  }
  await answered;
  expect(answers).toEqual(["identity", "photos", "tickets"]);
  expect(writesAtAnswer - before).toBe(1);
});
