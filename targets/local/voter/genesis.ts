/**
 * The voters of a new deployment, before their first start. *adapter*
 *
 * Only who makes a deployment may do this: a voter that finds its directory empty later has lost
 * it, and must not vote before the others have taken its new id in.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { genesis, WITNESS } from "../../../layers/routing/members.ts";
import { newVoterDisk } from "../../../layers/routing/voter-disk.ts";
import { createVoterDirectory } from "./voter-directory.ts";

/** Beside the other data of a site. */
export const VOTER_DIRECTORY = "voter";

/** `directoryOf`: the data directory of a region or of the witness. */
export function createVoterDirectories(
  regions: readonly string[],
  directoryOf: (role: "region" | "witness", site: string) => string,
): void {
  const idOf = (site: string): string => `voter-${site}-${randomBytes(9).toString("hex")}`;
  const ids = Object.fromEntries([...regions, WITNESS].map((site) => [site, idOf(site)]));
  const members = genesis(regions, ids);
  for (const { site, voterId } of members.sets[0] ?? []) {
    const path = directoryOf(site === WITNESS ? "witness" : "region", site);
    createVoterDirectory(join(path, VOTER_DIRECTORY), newVoterDisk(voterId, members));
  }
}
