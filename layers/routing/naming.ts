/**
 * What a deployment's configuration says of names and health checks. *pure* *public*
 *
 *   defineDeployment({ dns: {...}, healthChecks: {...} }) --> Naming --> zone (dns-zone.ts)
 *                                                                  \--> checks (health-board.ts)
 *
 * It is checked when the deployment is defined, so that a mistake is told with its fix before
 * anything runs. A Naming is plain data: processes hand it on as a message.
 *
 *  N1 a Naming makes a zone, and every check of it can be made  (defineNaming builds both once)
 *  N2 without any configured check there is one: GET /health of every region    (DEFAULT_CHECKS)
 */
import { ConfigurationError } from "../../base/errors.ts";
import { type KeysOf, refuseUnknownKeys } from "../../base/known-keys.ts";
import { buildZone, type ZoneSettings, type ZoneTtls } from "./dns-zone.ts";
import type { HealthTerms } from "./health.ts";
import { defineHealthCheck, type HealthCheckOptions } from "./health-check.ts";

/** Addresses are the target's to know. */
export type DnsSettings = Partial<Omit<ZoneSettings, "serverAddresses" | "apexAddresses">>;

export interface HealthCheckSettings extends Partial<HealthCheckOptions> {
  /** The app whose name it filters; absent: the region, for all apps. */
  readonly app?: string;
  /** Where it is made; absent: in all regions. */
  readonly regions?: readonly string[];
  // `voters`, absent: all of them. A region's voter is named like the region.
}

export type HealthCheckSet = Readonly<Record<string, HealthCheckSettings>>;

export interface Naming {
  readonly dns: DnsSettings & { readonly zone: string };
  readonly healthChecks: HealthCheckSet;
}

export const DEFAULT_ZONE = "understudy.test";

/** As patient as its interval: a region that is busy for half a second is not lost. */
const DEFAULT_CHECKS: HealthCheckSet = {
  region: { path: "/health", intervalMs: 1_000, limitMs: 1_000 },
};

const DNS_KEYS: KeysOf<DnsSettings> = {
  zone: true,
  aliases: true,
  locations: true,
  defaultLocation: true,
  ttls: true,
  policies: true,
};
const TTL_KEYS: KeysOf<ZoneTtls> = {
  addressS: true,
  textS: true,
  aliasS: true,
  serverS: true,
  negativeS: true,
};
const CHECK_KEYS: KeysOf<HealthCheckSettings> = {
  app: true,
  regions: true,
  voters: true,
  protocol: true,
  path: true,
  expectedStatus: true,
  find: true,
  intervalMs: true,
  limitMs: true,
  terms: true,
  neededVoters: true,
};
const TERM_KEYS: KeysOf<HealthTerms> = { failures: true, successes: true };

const CHECK_NAME = /^[a-z][a-z0-9-]{0,30}$/;
const CHECKS_MOST = 20;

export interface NamingOptions {
  readonly dns?: DnsSettings;
  readonly healthChecks?: HealthCheckSet;
}

export function defineNaming(
  options: NamingOptions,
  regions: readonly string[],
  apps: readonly string[],
): Naming {
  const dns = { zone: DEFAULT_ZONE, ...options.dns };
  const healthChecks = options.healthChecks ?? DEFAULT_CHECKS;
  refuseUnknownKeys("defineDeployment: dns", options.dns, DNS_KEYS);
  refuseUnknownKeys("defineDeployment: dns.ttls", dns.ttls, TTL_KEYS);
  for (const app of Object.keys(dns.policies ?? {})) known("the app of a DNS policy", app, apps);
  buildZone(
    { ...dns, serverAddresses: ["127.0.0.1"] },
    {
      serial: 1,
      regions: regions.map((id) => ({ id, addresses: ["127.0.0.1"], healthy: true })),
      apps: apps.map((app) => ({ app, servingRegions: [] })),
    },
  );
  const names = Object.keys(healthChecks);
  if (names.length > CHECKS_MOST) {
    refuse("there are too many health checks", names.length, `Keep it at ${CHECKS_MOST}.`);
  }
  for (const [name, settings] of Object.entries(healthChecks)) {
    if (!CHECK_NAME.test(name)) {
      refuse("the name of a health check is not usable", name, "Use a-z, 0-9 and -, first a-z.");
    }
    refuseUnknownKeys(`defineDeployment: the health check ${name}`, settings, CHECK_KEYS);
    const terms = `defineDeployment: the terms of the health check ${name}`;
    refuseUnknownKeys(terms, settings.terms, TERM_KEYS);
    if (settings.app !== undefined)
      known(`the app of the health check ${name}`, settings.app, apps);
    for (const region of settings.regions ?? []) {
      known(`a region of the health check ${name}`, region, regions);
    }
    const voters = settings.voters ?? [...regions, "witness"];
    for (const voter of voters) {
      known(`a voter of the health check ${name}`, voter, [...regions, "witness"]);
    }
    defineHealthCheck({ ...settings, voters });
  }
  return { dns, healthChecks };
}

function known(subject: string, got: string, all: readonly string[]): void {
  if (!all.includes(got)) refuse(`${subject} does not exist`, got, `There are ${all.join(", ")}.`);
}

function refuse(what: string, got: unknown, fix: string): never {
  throw new ConfigurationError({ what, got, fix });
}
