/** Which voters answer, and what that means, as `status` prints it. *pure* */
import { regionName } from "../base/places.ts";
import { missingVoters } from "../layers/routing/voters.ts";
import type { DeploymentStatus } from "../targets/local/supervisor/status.ts";

const nameOf = (id: string): string =>
  id === "witness" ? "the witness" : `${id} (${regionName(id, "en")})`;

const listed = (names: readonly string[], word: string): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} ${word} ${names.at(-1)}`;

export function describeVoters(status: DeploymentStatus): string[] {
  const { voters, majority, votersSeenBy } = status;
  if (voters.length === 0) return ["Voters      no region says which of them answer"];
  const missing = missingVoters(status).map(({ id }) => id);
  const { length } = voters;
  const seen = `as ${votersSeenBy} hears them`;
  const isUntold = voters.some(({ answers }) => answers === null);
  if (missing.length === 0 && isUntold) {
    return [`Voters      ${votersSeenBy} does not say yet which of the ${length} answer`];
  }
  if (missing.length === 0) return [`Voters      all ${length} answer`];
  const count = `Voters      ${missing.length} of ${length} voters do not answer`;
  const names = missing.map(nameOf);
  if (majority !== false) {
    return [`${count} (${listed(names, "and")}), ${seen}: the others are a majority`];
  }
  const fix = `Bring back ${listed(names, "or")}`;
  return [`${count}, ${seen}: no region may take over, and none may write. ${fix}.`];
}
