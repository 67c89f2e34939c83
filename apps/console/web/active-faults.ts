/** Which faults a site has, and which buttons fit it. *pure* */
import type { Fault } from "./control.ts";

/** As `/control/status` lists it. */
export interface ActiveFault {
  readonly kind: "kill" | "freeze" | "break-health" | "overload" | "partition" | "slow";
  /** One site: all its links; two: the one between. */
  readonly sites: readonly string[];
  readonly since: number;
  readonly by: string;
}

export const faultsOf = (faults: readonly ActiveFault[], site: string): readonly ActiveFault[] =>
  faults.filter(({ sites }) => sites.includes(site));

/** At the other end of the link that is cut or slow; undefined where all of the site's links are. */
export const otherEnd = ({ sites }: ActiveFault, site: string): string | undefined =>
  sites.length < 2 ? undefined : sites.find((one) => one !== site);

/** `isUp`: its process runs. */
export function buttonsFor(
  faults: readonly ActiveFault[],
  site: string,
  isUp: boolean,
): readonly Fault[] {
  const own = faultsOf(faults, site);
  const has = (kind: ActiveFault["kind"]): boolean => own.some((one) => one.kind === kind);
  if (has("freeze")) return ["thaw", "kill"];
  const isHurt = own.some(({ kind }) => kind !== "kill");
  const heal: readonly Fault[] = isHurt ? ["heal"] : [];
  if (!isUp) return ["restart", ...heal];
  const isCutOff = own.some(({ kind, sites }) => kind === "partition" && sites.length === 1);
  return ["kill", "freeze", ...(isCutOff ? [] : (["partition"] as const)), ...heal];
}
