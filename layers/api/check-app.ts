/**
 * What `defineApp` refuses, before anything starts. *pure*
 *
 * Each refusal says what was wrong, the value got, and the fix. An option that nothing reads is
 * refused as well (known-keys.ts): the promise that it names would not be kept.
 */
import { ConfigurationError } from "../../base/errors.ts";
import { type KeysOf, refuseUnknownKeys } from "../../base/known-keys.ts";
import { isPlatformName } from "../key-value/platform-names.ts";
import type { TableDefinition } from "../key-value/table.ts";
import { BUCKET_RULE, isBucketName } from "../objects/names.ts";
import type { AppDefinition, Objectives, TakeoverStep } from "./define-app.ts";
import type { Job } from "./jobs.ts";
import { objectTable } from "./objects/object-table.ts";

export type Refuse = (what: string, got: unknown, fix: string) => never;

const APP_KEYS: KeysOf<AppDefinition> = {
  id: true,
  mode: true,
  durability: true,
  objectives: true,
  failover: true,
  minInSync: true,
  homes: true,
  tables: true,
  buckets: true,
  api: true,
  apiPaths: true,
  health: true,
  takeover: true,
  jobs: true,
  web: true,
  sampleContent: true,
};
const HEALTH_KEYS: KeysOf<NonNullable<AppDefinition["health"]>> = { limitMs: true, check: true };
const STEP_KEYS: KeysOf<TakeoverStep> = { name: true, timeoutMs: true, run: true };
const JOB_KEYS: KeysOf<Job> = { name: true, everyMs: true, home: true, run: true };
const WEB_KEYS: KeysOf<NonNullable<AppDefinition["web"]>> = { title: true };
const OBJECTIVE_KEYS: KeysOf<Objectives> = { rtoMs: true, rpoMs: true };

const APP_ID = /^[a-z][a-z0-9-]{1,30}$/;
const TAKEN_IDS = ["routing", "health", "metrics", "docs", "problems", "assets", "account"];
const STEP_NAME = /^[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}$/;
const STEP_LIMIT_MS = 3_600_000;
const DAY_MS = 86_400_000;
const HOME_NAME = /^[a-z][a-z0-9-]{0,30}$/;
/** The routing record carries them all. */
const MOST_HOMES = 16;

export function checkApp(app: AppDefinition): void {
  const name = `defineApp(${String(app?.id)})`;
  const refuse: Refuse = (what, got, fix) => {
    throw new ConfigurationError({ what: `${name}: ${what}`, got, fix });
  };
  if (typeof app !== "object" || app === null) refuse("an app is an object", app, "Give one.");
  refuseUnknownKeys(name, app, APP_KEYS);
  checkIdentity(app, refuse);
  if (app.objectives !== undefined) checkObjectives(name, app.objectives, refuse);
  checkLoss(app, app.objectives, refuse);
  checkMoves(app, refuse);
  checkTakeover(name, app, refuse);
  checkHomes(app, refuse);
  checkJobs(name, app, refuse);
  checkData(app, refuse);
  checkServing(name, app, refuse);
}

function checkIdentity(app: AppDefinition, refuse: Refuse): void {
  if (typeof app.id !== "string" || !APP_ID.test(app.id)) {
    refuse("id is not usable in addresses", app.id, "Use 2 to 31 of a-z, 0-9 and -, first a-z.");
  }
  if (TAKEN_IDS.includes(app.id)) {
    refuse("id is one of the platform's own", app.id, "Choose another.");
  }
  if (app.mode !== "active-passive" && app.mode !== "active-active") {
    refuse("mode is unknown", app.mode, "Use active-passive or active-active.");
  }
  if (app.durability !== "local" && app.durability !== "replicated") {
    refuse("durability is unknown", app.durability, "Use local or replicated.");
  }
}

/** Of an app or of the deployment. */
export function checkObjectives(where: string, objectives: Objectives, refuse: Refuse): void {
  if (typeof objectives !== "object" || objectives === null) {
    refuse("objectives is no object", objectives, "Give { rtoMs, rpoMs }, or leave it out.");
  }
  refuseUnknownKeys(`${where}: objectives`, objectives, OBJECTIVE_KEYS);
  for (const name of ["rtoMs", "rpoMs"] as const) {
    const value: unknown = objectives[name];
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0) {
      const what = value === undefined ? "is missing" : "is no duration";
      refuse(`objectives.${name} ${what}`, value, "Give milliseconds, 0 or more.");
    }
  }
}

/** An app that may lose nothing and waits for no other region could never be taken over. */
export function checkLoss(
  app: AppDefinition,
  objectives: Objectives | undefined,
  refuse: Refuse,
): void {
  const isLossy = app.mode === "active-passive" && app.durability === "local";
  if (!isLossy || objectives?.rpoMs !== 0) return;
  const fix = "Give more than 0, or make the app replicated: no region could ever take over.";
  refuse("objectives.rpoMs is more than a local app can keep", 0, fix);
}

function checkMoves({ mode, durability, failover, minInSync }: AppDefinition, refuse: Refuse) {
  if (failover !== undefined && failover !== "automatic" && failover !== "manual") {
    refuse("failover is unknown", failover, "Use automatic or manual.");
  }
  if (failover === "manual" && mode === "active-active") {
    const fix = "Leave it out: an active-active app serves in every region and does not move.";
    refuse("failover says how an active-passive app moves", failover, fix);
  }
  if (minInSync === undefined) return;
  if (!Number.isInteger(minInSync) || minInSync < 1) {
    refuse("minInSync is no number of regions", minInSync, "Give 1 or more.");
  }
  if (durability !== "replicated") {
    const fix = "Leave it out, or make the app replicated: a local app waits for no other region.";
    refuse("minInSync is for replicated apps", minInSync, fix);
  }
}

function checkTakeover(name: string, app: AppDefinition, refuse: Refuse): void {
  const steps: unknown = app.takeover ?? [];
  if (!Array.isArray(steps)) refuse("takeover is no list", steps, "Give a list of steps.");
  for (const step of app.takeover ?? []) {
    refuseUnknownKeys(`${name}: a takeover step`, step, STEP_KEYS);
    if (typeof step?.name !== "string" || !STEP_NAME.test(step.name)) {
      const fix = "Use 1 to 64 letters, digits, blanks, dots and dashes.";
      refuse("a takeover step has no usable name", step?.name, fix);
    }
    if (!(step.timeoutMs > 0 && step.timeoutMs <= STEP_LIMIT_MS)) {
      const fix = `Give timeoutMs, up to ${STEP_LIMIT_MS}.`;
      refuse(`takeover step ${step.name} is not time-limited`, step.timeoutMs, fix);
    }
    if (typeof step.run !== "function") {
      refuse(`takeover step ${step.name} does nothing`, step.run, "Give run, a function.");
    }
  }
  unique(
    (app.takeover ?? []).map((step) => step.name),
    "takeover steps",
    refuse,
  );
  if (app.mode === "active-active" && app.takeover !== undefined && app.takeover.length > 0) {
    const names = app.takeover.map((step) => step.name).join(", ");
    const fix =
      "Make the app active-passive, or leave takeover out: every region of an active-active app " +
      "serves already, so none takes over.";
    refuse("takeover steps run when another region begins to serve", names, fix);
  }
}

function checkHomes({ homes }: AppDefinition, refuse: Refuse): void {
  if (homes === undefined) return;
  if (typeof homes !== "object" || homes === null || Array.isArray(homes)) {
    refuse("homes is no object", homes, "Give the regions that should decide, by name.");
  }
  const names = Object.keys(homes);
  if (names.length > MOST_HOMES) {
    refuse("homes has too many names", names.length, `Give up to ${MOST_HOMES}.`);
  }
  for (const [home, regions] of Object.entries(homes)) {
    if (!HOME_NAME.test(home)) {
      refuse("a home has no usable name", home, "Use up to 31 of a-z, 0-9 and -, first a-z.");
    }
    if (!Array.isArray(regions) || regions.some((region) => typeof region !== "string")) {
      refuse(`homes.${home} is no list of regions`, regions, "Give [] for no preference.");
    }
    unique(regions, `regions of homes.${home}`, refuse);
  }
}

function checkJobs(name: string, app: AppDefinition, refuse: Refuse): void {
  const { jobs = [], homes = {}, mode, tables } = app;
  if (!Array.isArray(jobs)) refuse("jobs is no list", jobs, "Give a list of jobs.");
  for (const job of jobs) {
    refuseUnknownKeys(`${name}: a job`, job, JOB_KEYS);
    if (typeof job?.name !== "string" || !HOME_NAME.test(job.name)) {
      refuse("a job has no usable name", job?.name, "Use up to 31 of a-z, 0-9 and -, first a-z.");
    }
    if (!(job.everyMs >= 100 && job.everyMs <= DAY_MS)) {
      refuse(`job ${job.name} has no usable everyMs`, job.everyMs, `Give 100 to ${DAY_MS}.`);
    }
    if (typeof job.run !== "function") {
      refuse(`job ${job.name} does nothing`, job.run, "Give run, a function.");
    }
    const isNamed = job.home !== undefined && Object.hasOwn(homes, job.home);
    if (mode === "active-active" ? !isNamed : job.home !== undefined && !isNamed) {
      const fix = "Name one of the app's homes: of several regions that serve, one has to run it.";
      refuse(`job ${job.name} has no home`, job.home, fix);
    }
  }
  unique(
    jobs.map((job) => job.name),
    "jobs",
    refuse,
  );
  if (jobs.length > 0 && Array.isArray(tables) && tables.length === 0) {
    refuse("jobs of an app without tables", [], "Give it a table: what is done has to be kept.");
  }
}

function checkData(app: AppDefinition, refuse: Refuse): void {
  if (!Array.isArray(app.tables)) refuse("tables is not a list", app.tables, "Give [] for none.");
  unique(
    app.tables.map((table) => table.name),
    "tables",
    refuse,
  );
  unique(app.buckets ?? [], "buckets", refuse);
  for (const bucket of app.buckets ?? []) {
    if (!isBucketName(bucket))
      refuse("a bucket's name cannot be used", bucket, `Use ${BUCKET_RULE}.`);
  }
  const isTaken = (table: TableDefinition) => isPlatformName(table.name) && table !== objectTable;
  const taken = app.tables.find(isTaken);
  if (taken !== undefined) {
    const what = "a table has a name of the platform's own";
    refuse(what, taken.name, 'Choose one that does not begin with "platform-".');
  }
}

function checkServing(name: string, app: AppDefinition, refuse: Refuse): void {
  if (app.sampleContent !== undefined && typeof app.sampleContent !== "function") {
    refuse("sampleContent is no function", app.sampleContent, "Give one, or leave it out.");
  }
  for (const path of app.apiPaths ?? []) {
    if (!/^[a-z][a-z0-9-]*$/.test(path)) {
      refuse("apiPaths holds more than one segment", path, "Give names such as api or wp-json.");
    }
  }
  if (typeof app.api !== "function") {
    refuse("api is missing", app.api, "Give a function from the context to the routes.");
  }
  for (const key of ["health", "web"] as const) {
    const value: unknown = app[key];
    if (value === undefined || (typeof value === "object" && value !== null)) continue;
    refuse(`${key} is no object`, value, "Give an object, or leave it out.");
  }
  refuseUnknownKeys(`${name}: health`, app.health, HEALTH_KEYS);
  const { limitMs, check } = app.health ?? {};
  if (limitMs !== undefined && !(limitMs > 0)) {
    refuse("health.limitMs is no duration", limitMs, "Give milliseconds, more than 0.");
  }
  if (check !== undefined && typeof check !== "function") {
    refuse("health.check is no function", check, "Give one, or leave it out.");
  }
  refuseUnknownKeys(`${name}: web`, app.web, WEB_KEYS);
}

export function unique(names: readonly string[], what: string, refuse: Refuse): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) refuse(`two ${what} have one name`, twice, "Rename one of them.");
}
