/** Which apps run where; `understudy.config.ts` exports one. *pure* */
import { ConfigurationError } from "../../base/errors.ts";
import { type KeysOf, refuseUnknownKeys } from "../../base/known-keys.ts";
import { isLeaseWord, LEASE_WORDS, type LeaseWord } from "../routing/lease-words.ts";
import {
  type DnsSettings,
  defineNaming,
  type HealthCheckSet,
  type Naming,
} from "../routing/naming.ts";
import { checkLoss, checkObjectives, type Refuse, unique } from "./check-app.ts";
import { type AppDefinition, defineApp, type Objectives } from "./define-app.ts";
import { defineEntrance, type Entrance, type EntranceOptions } from "./entrance.ts";
import { identityApp } from "./identity/app.ts";
import { checkMessages, type MessageSettings } from "./messages.ts";

export interface RegionDefinition {
  readonly id: string;
  /** For people, where the id is none that base/places.ts names. */
  readonly title?: string;
}

export interface DeploymentOptions extends EntranceOptions {
  /** In order of preference: the first is the primary. */
  readonly regions: readonly (string | RegionDefinition)[];
  /** A voter without data; by itself where the number of regions is even. */
  readonly witness?: boolean;
  readonly apps: readonly AppDefinition[];
  /** For apps that name none of their own; absent: DEFAULT_OBJECTIVES. */
  readonly objectives?: Objectives;
  /** Names: the zone, its aliases, where askers are, policies and TTLs. */
  readonly dns?: DnsSettings;
  /** By name; absent: GET /health of every region, by all voters. Empty: none. */
  readonly healthChecks?: HealthCheckSet;
  /** "calm" on a machine that is busy with other things; absent: "default". */
  readonly leases?: LeaseWord;
  /** How codes reach people; absent: operators read them in the outbox. */
  readonly messages?: MessageSettings;
}

/** An app as a deployment runs it: its objectives are known. */
export interface DeployedApp extends AppDefinition {
  readonly objectives: Objectives;
}

export interface Deployment {
  readonly regions: readonly RegionDefinition[];
  readonly primary: string;
  readonly witness: boolean;
  /** The identity app first, then the apps in the order given. */
  readonly apps: readonly DeployedApp[];
  readonly naming: Naming;
  /** How people reach it from outside. */
  readonly entrance: Entrance;
  readonly leases: LeaseWord;
  readonly messages?: MessageSettings;
}

const DEPLOYMENT_KEYS: KeysOf<DeploymentOptions> = {
  regions: true,
  witness: true,
  apps: true,
  objectives: true,
  dns: true,
  healthChecks: true,
  publicUrl: true,
  trustedProxies: true,
  messages: true,
  leases: true,
};
const REGION_KEYS: KeysOf<RegionDefinition> = { id: true, title: true };

const REGION_ID = /^[a-z][a-z0-9-]{0,30}$/;
const REGIONS_LIMIT = 9;
/** Fifteen minutes each: what the systems Understudy follows were asked for. */
export const DEFAULT_OBJECTIVES: Objectives = { rtoMs: 900_000, rpoMs: 900_000 };

export function defineDeployment(options: DeploymentOptions): Deployment {
  const refuse: Refuse = (what, got, fix) => {
    throw new ConfigurationError({ what: `defineDeployment: ${what}`, got, fix });
  };
  refuseUnknownKeys("defineDeployment", options, DEPLOYMENT_KEYS);
  const listed: unknown = options.regions;
  if (!Array.isArray(listed) || listed.length === 0 || listed.length > REGIONS_LIMIT) {
    refuse("regions is not a list of 1 to 9", listed, 'Give e.g. ["eu-west-1", "eu-north-1"].');
  }
  const regions = options.regions.map((region) =>
    typeof region === "string" ? { id: region } : region,
  );
  for (const region of regions) {
    refuseUnknownKeys("defineDeployment: a region", region, REGION_KEYS);
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
  const apps = deployedApps(options, regions.length, refuse);
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
  const { messages, leases = "default" } = options;
  if (!isLeaseWord(leases)) refuse("leases is unknown", leases, oneOf(LEASE_WORDS));
  checkMessages(messages, refuse);
  return Object.freeze({
    regions,
    naming,
    entrance: defineEntrance(options, refuse),
    ...(messages === undefined ? {} : { messages }),
    primary: regions[0]?.id ?? "",
    witness: options.witness ?? even,
    leases,
    apps,
  });
}

const oneOf = (words: readonly string[]): string =>
  `Use ${words.map((word) => `"${word}"`).join(" or ")}.`;

/** With identity, and each with objectives: its own, or the deployment's. */
function deployedApps(
  options: DeploymentOptions,
  regions: number,
  refuse: Refuse,
): readonly DeployedApp[] {
  const { objectives = DEFAULT_OBJECTIVES } = options;
  checkObjectives("defineDeployment", objectives, refuse);
  const given = options.apps.some((app) => app?.id === identityApp.id)
    ? options.apps
    : [identityApp, ...options.apps];
  const identity = given.find((app) => app?.id === identityApp.id);
  if (identity?.mode !== "active-passive" || identity.durability !== "replicated") {
    refuse(
      "the identity app has to be active-passive and replicated",
      { mode: identity?.mode, durability: identity?.durability },
      "User names are unique only with one writer; leave it as it is shipped.",
    );
  }
  const apps = given.map((app) => ({ objectives, ...defineApp(app) }));
  unique(
    apps.map((app) => app.id),
    "apps",
    refuse,
  );
  for (const app of apps) {
    const refuseApp: Refuse = (what, got, fix) => refuse(`app ${app.id}: ${what}`, got, fix);
    checkLoss(app, app.objectives, refuseApp);
    const { minInSync = 1 } = app;
    if (minInSync > regions) {
      const fix = `Give at most ${regions}, or add regions: writes would always be refused.`;
      refuseApp("minInSync is more than the regions that there are", minInSync, fix);
    }
  }
  return apps;
}
