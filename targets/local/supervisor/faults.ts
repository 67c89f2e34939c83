/** Carries out what an operator asks to break, and to heal. *shell* */
import { OperatingError } from "../../../base/errors.ts";
import type { FaultRequest } from "./fault-plan.ts";
import { healed, networkFaultOf, overloadOf, parseFaultRequest } from "./fault-plan.ts";
import type { Site } from "./site.ts";
import type { Sites } from "./sites.ts";

export interface FaultReport {
  readonly kind: string;
  readonly regions: readonly string[];
  /** How each of them is now. */
  readonly sites: readonly {
    readonly id: string;
    readonly state: string;
    readonly pid: number | null;
  }[];
}

const KILL_AT_ONCE = 0;

export async function injectFault(
  sites: Sites,
  body: unknown,
  stopGraceMs: number,
  by: string,
): Promise<FaultReport> {
  const request = parseFaultRequest(body, sites.ids());
  const named = sites.all().filter((site) => request.regions.includes(site.id));
  const network = networkFaultOf(request);
  const injection = { since: Date.now(), by };
  if (network !== undefined) sites.setNetwork([...sites.network, { ...network, ...injection }]);
  else await act(sites, request, named, stopGraceMs);
  const touched = request.regions.length === 0 ? sites.ids() : request.regions;
  sites.injected.note(request, touched, injection);
  return {
    kind: request.kind,
    regions: request.regions,
    sites: named.map(({ id, state, child }) => ({
      id,
      state,
      pid: child === undefined || child.hasExited ? null : (child.pid ?? null),
    })),
  };
}

async function act(
  sites: Sites,
  request: FaultRequest,
  named: readonly Site[],
  stopGraceMs: number,
): Promise<void> {
  switch (request.kind) {
    case "kill":
      await Promise.all(named.map((site) => site.stop(KILL_AT_ONCE)));
      return;
    case "restart":
      for (const site of named) site.healthBroken = false;
      await Promise.all(named.map((site) => site.restart(stopGraceMs)));
      return;
    case "freeze":
    case "thaw":
      for (const site of named) {
        if (!(request.kind === "freeze" ? site.freeze() : site.thaw())) throw notRunning(site);
      }
      return;
    case "break-health":
      for (const site of named) breakHealth(site, true);
      return;
    case "overload":
      for (const site of named) {
        if (site.state !== "running") throw notRunning(site);
        site.child?.send({ type: "overload", ...overloadOf(request) });
      }
      return;
    case "heal": {
      const touched = request.regions.length === 0 ? sites.all() : named;
      for (const site of touched) {
        site.thaw();
        if (site.healthBroken) breakHealth(site, false);
        site.child?.send({ type: "overload", share: 0, durationMs: 0 });
      }
      sites.setNetwork(healed(sites.network, request.regions));
      return;
    }
  }
}

function breakHealth(site: Site, broken: boolean): void {
  if (site.state === "down") throw notRunning(site);
  site.healthBroken = broken;
  site.child?.send({ type: "health", broken });
}

const notRunning = (site: Site): OperatingError =>
  new OperatingError(
    "not-running",
    `${site.id} is ${site.state}; start it with \`understudy fault restart ${site.id}\``,
    { retryable: true },
  );
