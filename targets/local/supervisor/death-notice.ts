/**
 * "Incarnation i of region A is dead", said by the parent that reaped it. *pure*
 *
 * Only waitpid proves a death; a closed socket never does. The signature lets a voter drop the
 * grants of that incarnation whichever way the notice reached it.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import type { DeathNotice } from "./messages.ts";

const sign = (secretHex: string, region: string, incarnation: number): Buffer =>
  createHmac("sha256", Buffer.from(secretHex, "hex"))
    .update(`understudy death notice\n${JSON.stringify([region, incarnation])}`)
    .digest();

export const signDeath = (secretHex: string, region: string, incarnation: number): DeathNotice => ({
  region,
  incarnation,
  signature: sign(secretHex, region, incarnation).toString("hex"),
});

export function isGenuine(secretHex: string, notice: DeathNotice): boolean {
  const given = Buffer.from(notice.signature, "hex");
  const expected = sign(secretHex, notice.region, notice.incarnation);
  return given.length === expected.length && timingSafeEqual(given, expected);
}
