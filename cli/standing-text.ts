/** How far the regions are behind, and what is at risk, as `status` prints it. *pure* */
import { formatDuration } from "../base/duration.ts";
import type { DeploymentStatus } from "../targets/local/supervisor/status.ts";

type App = DeploymentStatus["apps"][number];

export function describeLag({ lag }: App): string {
  const behind = Object.entries(lag)
    .filter(([, { writes }]) => writes !== 0)
    .map(([region, { writes, ms }]) => {
      if (writes === null) return `${region} unknown`;
      const since = ms === null ? "for an unknown time" : formatDuration(ms);
      return `${region} ${writes} writes, ${since}`;
    });
  return behind.length === 0 ? "none" : behind.join("; ");
}

export const describeRisk = ({ writesAtRisk }: App): string =>
  writesAtRisk === null ? "unknown" : String(writesAtRisk);

/** One line for each app with a number that is not known: why. */
export function explainUnknown(apps: readonly App[]): string[] {
  return apps.flatMap(({ app, epoch, lag, servingRegions, unknown }) => {
    if (unknown === undefined) return [];
    const holders = servingRegions.join(", ");
    const silent = Object.keys(lag).filter((region) => lag[region]?.writes === null);
    const why =
      unknown === "peer-silent"
        ? `${silent.join(", ") || "a region"} has not answered since epoch ${epoch} began`
        : holders === ""
          ? "no region serves it"
          : `${holders} serves it and does not tell`;
    return [`  ${app}: lag and writes at risk are not known: ${why}.`];
  });
}
