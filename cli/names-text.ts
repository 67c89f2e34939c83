/** What a person is told of names and of health checks. *pure* */
import { formatDuration } from "../base/duration.ts";
import type { DeploymentStatus, DnsStatus } from "../targets/local/supervisor/status.ts";

export const describeNames = ({ zone, httpPort }: DnsStatus): string =>
  httpPort === null
    ? `zone ${zone} (one address for all regions here: their TXT records tell the ports)`
    : `http://APP.${zone}:${httpPort}/ leads to where APP serves`;

const HISTORY_SHOWN = 3;

/** A line a check and region, and below it what went wrong last. */
export function describeChecks(checks: DeploymentStatus["healthChecks"]): string[] {
  return checks.flatMap((check) => {
    const counted = check.voters.filter((voter) => !voter.silent);
    const well = counted.filter((voter) => voter.healthy).length;
    const what = check.protocol === "tcp" ? "tcp" : `${check.protocol} ${check.path}`;
    const head = `  ${check.check} of ${check.region}, ${what}: ${check.healthy ? "well" : "ILL"}, `;
    const { lastError } = check;
    const ago = (ageMs: number): string => `${formatDuration(ageMs)} ago`;
    return [
      `${head}as ${well} of ${counted.length} voters find`,
      ...(lastError === undefined
        ? []
        : [`    last error ${ago(lastError.ageMs)} at ${lastError.voter}: ${lastError.reason}`]),
      ...check.history
        .filter((change) => change.voter === undefined)
        .slice(0, HISTORY_SHOWN)
        .map((c) => `    ${c.healthy ? "well" : "ill"} since ${ago(c.ageMs)}: ${c.reason}`),
    ];
  });
}
