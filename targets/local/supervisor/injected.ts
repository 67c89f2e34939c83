/**
 * Which faults were injected and are not over: what, where, since when, by whom. *shell*
 *
 *   kill, freeze, break-health, overload   of one process each; as long as the process is so
 *   partition, slow                        of the network; until they are healed
 *
 * What is noted here counts only while the process shows it: a region that was started again from
 * elsewhere is neither killed nor frozen.
 */
import type { FaultKind, FaultRequest, NetworkFault } from "./fault-plan.ts";
import { overloadOf } from "./fault-plan.ts";
import type { Site } from "./site.ts";

export interface Injection {
  /** By the wall clock, in milliseconds. */
  readonly since: number;
  /** The operator's name; "operator" for who showed the token. */
  readonly by: string;
}

export interface ActiveFault extends Omit<NetworkFault, "kind" | keyof Injection>, Injection {
  readonly kind: NetworkFault["kind"] | "kill" | "freeze" | "break-health" | "overload";
}

type ProcessFault = Exclude<ActiveFault["kind"], NetworkFault["kind"]>;

interface Noted extends Injection {
  readonly site: string;
  readonly kind: ProcessFault;
  readonly until?: number;
}

/** What a fault ends besides what it begins. */
const ENDS: Partial<Readonly<Record<FaultKind, readonly ProcessFault[]>>> = {
  kill: ["freeze", "break-health", "overload"],
  thaw: ["freeze"],
  restart: ["kill", "freeze", "break-health", "overload"],
  heal: ["freeze", "break-health", "overload"],
};
const isProcessFault = (kind: FaultKind): kind is ProcessFault =>
  kind === "kill" || kind === "freeze" || kind === "break-health" || kind === "overload";

export class Injected {
  #noted: readonly Noted[] = [];

  note(request: FaultRequest, sites: readonly string[], { since, by }: Injection): void {
    const { kind } = request;
    const ends = ENDS[kind] ?? [];
    this.#noted = this.#noted.filter(
      (one) => !(sites.includes(one.site) && (one.kind === kind || ends.includes(one.kind))),
    );
    if (!isProcessFault(kind)) return;
    const until = kind === "overload" ? { until: since + overloadOf(request).durationMs } : {};
    this.#noted = [...this.#noted, ...sites.map((site) => ({ site, kind, since, by, ...until }))];
  }

  active(sites: readonly Site[], network: readonly NetworkFault[], now: number): ActiveFault[] {
    const processes = this.#noted.filter((one) => {
      const site = sites.find(({ id }) => id === one.site);
      return site !== undefined && isSo(one, site, now);
    });
    return [
      ...network.map((fault) => ({ ...fault, since: fault.since ?? now, by: fault.by ?? "" })),
      ...processes.map(({ site, kind, since, by }) => ({
        kind,
        sites: [site],
        direction: "both" as const,
        fault: {},
        since,
        by,
      })),
    ];
  }
}

function isSo({ kind, until = 0 }: Noted, site: Site, now: number): boolean {
  switch (kind) {
    case "kill":
      return site.state === "down";
    case "freeze":
      return site.state === "frozen";
    case "break-health":
      return site.healthBroken && site.state !== "down";
    case "overload":
      return now < until && site.state === "running";
  }
}
