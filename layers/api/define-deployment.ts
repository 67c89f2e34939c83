/** Which apps run where; `understudy.config.ts` exports one. *pure* */
import { ConfigurationError } from "../../base/errors.ts";
import {
  type DnsSettings,
  defineNaming,
  type HealthCheckSet,
  type Naming,
} from "../routing/naming.ts";
import { type AppDefinition, type Objectives, unique } from "./define-app.ts";
import { identityApp } from "./identity/app.ts";

export interface RegionDefinition {
  readonly id: string;
  /** For people, where the id is none that base/places.ts names. */
  readonly title?: string;
}

export interface DeploymentOptions {
  /** In order of preference: the first is the primary. */
  readonly regions: readonly (string | RegionDefinition)[];
  /** A voter without data; by itself where the number of regions is even. */
  readonly witness?: boolean;
  readonly apps: readonly AppDefinition[];
  /** For apps and drills that name none of their own. */
  readonly objectives?: Objectives;
  /** Names: the zone, its aliases, where askers are, policies and TTLs. */
  readonly dns?: DnsSettings;
  /** By name; absent: GET /health of every region, by all voters. Empty: none. */
  readonly healthChecks?: HealthCheckSet;
}

export interface Deployment {
  readonly regions: readonly RegionDefinition[];
  readonly primary: string;
  readonly witness: boolean;
  /** The identity app first, then the apps in the order given. */
  readonly apps: readonly AppDefinition[];
  readonly objectives: Objectives;
  readonly naming: Naming;
}

const REGION_ID = /^[a-z][a-z0-9-]{0,30}$/;
const REGIONS_LIMIT = 9;
/** Fifteen minutes each: what the systems Understudy follows were asked for. */
export const DEFAULT_OBJECTIVES: Objectives = { rtoMs: 900_000, rpoMs: 900_000 };

export function defineDeployment(options: DeploymentOptions): Deployment {
  const refuse = (what: string, got: unknown, fix: string): never => {
    throw new ConfigurationError({ what: `defineDeployment: ${what}`, got, fix });
  };
  const listed: unknown = options.regions;
  if (!Array.isArray(listed) || listed.length === 0 || listed.length > REGIONS_LIMIT) {
    refuse("regions is not a list of 1 to 9", listed, 'Give e.g. ["eu-west-1", "eu-north-1"].');
  }
  const regions = options.regions.map((region) =>
    typeof region === "string" ? { id: region } : region,
  );
  for (const region of regions) {
    if (typeof region?.id !== "string" || !REGION_ID.test(region.id)) {
      refuse("a region's id is not usable", region, "Use 1 to 31 of a-z, 0-9 and -, first a-z.");
    }
  }
  unique(
    regions.map((region) => region.id),
    "regions",
    refuse,
  );
  if (!Array.isArray(options.apps) || options.apps.length === 0) {
    refuse("apps is empty", options.apps, "Give at least one app made by defineApp.");
  }
  const apps = options.apps.some((app) => app.id === identityApp.id)
    ? options.apps
    : [identityApp, ...options.apps];
  unique(
    apps.map((app) => app.id),
    "apps",
    refuse,
  );
  const identity = apps.find((app) => app.id === identityApp.id);
  if (identity?.mode !== "active-passive" || identity.durability !== "replicated") {
    refuse(
      "the identity app has to be active-passive and replicated",
      { mode: identity?.mode, durability: identity?.durability },
      "User names are unique only with one writer; leave it as it is shipped.",
    );
  }
  const even = regions.length % 2 === 0;
  if (options.witness === true && !even) {
    refuse(
      "a witness would make the number of voters even",
      `${regions.length} regions and a witness`,
      "Leave witness out, or add a region.",
    );
  }
  const naming = defineNaming(
    options,
    regions.map((region) => region.id),
    apps.map((app) => app.id),
  );
  return Object.freeze({
    regions,
    naming,
    primary: regions[0]?.id ?? "",
    witness: options.witness ?? even,
    apps,
    objectives: options.objectives ?? DEFAULT_OBJECTIVES,
  });
}
