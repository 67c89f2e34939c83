/** Values of options as people type them, checked. *pure* */

import { isIP } from "node:net";
import { parseDurationMs } from "../base/duration.ts";
import { ConfigurationError } from "../base/errors.ts";
import { isLeaseWord, LEASE_WORDS, type LeaseWord } from "../layers/routing/lease-words.ts";
import type { Direction } from "../targets/local/supervisor/fault-plan.ts";
import type { RoundTrip } from "../targets/local/supervisor/round-trip.ts";
import { usage } from "./failure.ts";

const PLAIN = /^\d+(?:\.\d+)?$/;

export function numberBetween(name: string, text: string, least: number, most: number): number {
  const value = PLAIN.test(text) ? Number(text) : Number.NaN;
  if (!(value >= least && value <= most))
    throw usage(`${name} is not usable`, text, `Give a number from ${least} to ${most}.`);
  return value;
}

export function wholeBetween(name: string, text: string, least: number, most: number): number {
  const value = numberBetween(name, text, least, most);
  if (!Number.isInteger(value)) throw usage(`${name} is not usable`, text, "Give a whole number.");
  return value;
}

/** "20s" or, as milliseconds, "250". */
export function milliseconds(name: string, text: string): number {
  if (PLAIN.test(text)) return Number(text);
  try {
    return parseDurationMs(text, name);
  } catch (error) {
    if (error instanceof ConfigurationError) throw usage(error.what, error.got, error.fix);
    throw error;
  }
}

/** An address that a server listens on. */
export function listenAddress(text: string): string {
  if (isIP(text) !== 0) return text;
  const fix = "Give an IP address of this machine, such as 127.0.0.1, or 0.0.0.0 for all of them.";
  throw usage("--host is no address", text, fix);
}

export const idList = (text: string): string[] => text.split(",").map((part) => part.trim());

export function roundTrip(text: string): RoundTrip {
  return text === "aws" ? "aws" : numberBetween("--rtt", text, 0, 60_000);
}

export function leaseWord(text: string): LeaseWord {
  if (isLeaseWord(text)) return text;
  throw usage("--leases is unknown", text, `Use ${LEASE_WORDS.join(" or ")}.`);
}

export function direction(text: string): Direction {
  if (text === "in" || text === "out" || text === "both") return text;
  throw usage("--direction is unknown", text, "Use in, out or both.");
}

export function drillTarget(text: string): "simulated" | "local" {
  if (text === "simulated" || text === "local") return text;
  throw usage("--target is unknown", text, "Use simulated or local.");
}
