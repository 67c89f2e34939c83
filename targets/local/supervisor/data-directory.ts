/**
 * What a local deployment keeps, and where. *adapter*
 *
 *   DIR/deployment.json       which regions there are (versioned, atomically replaced)
 *      /deployment-secret     for links between processes            mode 600
 *      /operator-token        for whoever may operate it             mode 600
 *      /demo-accounts.json    accounts of the sample content         mode 600
 *      /supervisor.lock       who runs it (directory-lock.ts)
 *      /supervisor.*.socket   what only who runs it holds (held-socket.ts)
 *      /supervisor.json       where to reach who runs it, and its children
 *      /regions/ID/ /witness/ /front-door/ /logs/
 *
 * A directory that is not empty and holds no deployment.json is refused: it is somebody else's.
 */
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { createFormat } from "../../../base/codec.ts";
import { ConfigurationError } from "../../../base/errors.ts";
import type { LeaseWord } from "../../../layers/routing/lease-words.ts";
import type { RegionRef } from "./messages.ts";
import type { ProcessIdentity } from "./process-identity.ts";

export interface DeploymentFile {
  readonly id: string;
  readonly createdAt: string;
  readonly regions: readonly RegionRef[];
  readonly witness: boolean;
  /** Regions whose adding has begun and is not known to be done. */
  readonly joining: readonly RegionRef[];
  /** Regions whose removal has begun and is not known to be done. */
  readonly leaving?: readonly string[];
  /** Ids that may never come back. */
  readonly removed: readonly string[];
  readonly configFile?: string;
  /** Absent: "default". */
  readonly leases?: LeaseWord;
  /** By region, the loopback address that its name leads to; kept for its whole life. */
  readonly addresses?: Readonly<Record<string, string>>;
  /** Whether the sample content was loaded, or refused for good. */
  readonly isSeeded: boolean;
}

/** What a running supervisor tells about itself to the command line. */
export interface RunningFile {
  readonly supervisor: ProcessIdentity;
  readonly control: { readonly host: string; readonly port: number };
  readonly children: readonly (ProcessIdentity & { readonly site: string })[];
}

const REGION_ID = /^[a-z][a-z0-9-]{0,30}$/;
const OURS = [
  "deployment.json",
  "deployment-secret",
  "operator-token",
  "demo-accounts.json",
  "supervisor.json",
  "regions",
  "witness",
  "front-door",
  "logs",
];
const RESERVED = ["witness", "front-door"];
const MAX_REGIONS = 9;

const deploymentFormat = createFormat<DeploymentFile>({
  name: "understudy-deployment",
  version: 1,
  parse: (body) => {
    const file = body as DeploymentFile;
    if (typeof file?.id !== "string" || !Array.isArray(file.regions))
      throw new Error("fields are missing");
    return file;
  },
});

export class DataDirectory {
  readonly path: string;
  readonly operatorTokenFile: string;

  constructor(path: string) {
    this.path = path;
    this.operatorTokenFile = join(path, "operator-token");
  }

  /** Makes the directory; refuses one that holds something else. */
  prepare(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    const isForeign = (name: string) => !name.startsWith("supervisor.") && !OURS.includes(name);
    if (!this.exists && readdirSync(this.path).some(isForeign)) {
      throw new ConfigurationError({
        what: "the data directory holds something that is not a deployment",
        got: this.path,
        fix: "Name an empty or a new directory with --data.",
      });
    }
    mkdirSync(this.#file("logs"), { recursive: true, mode: 0o700 });
  }

  get exists(): boolean {
    return existsSync(this.#file("deployment.json"));
  }

  readDeployment(): DeploymentFile | undefined {
    if (!this.exists) return undefined;
    const decoded = deploymentFormat.decode(readFileSync(this.#file("deployment.json"), "utf8"));
    if (decoded.kind === "ok") return decoded.value;
    throw new ConfigurationError({
      what: `deployment.json cannot be read (${decoded.reason})`,
      got: this.#file("deployment.json"),
      fix: "Start the build that wrote it, or begin anew with --reset.",
    });
  }

  writeDeployment(file: DeploymentFile): void {
    this.#replace("deployment.json", deploymentFormat.encode(file), 0o600);
  }

  readRunning(): RunningFile | undefined {
    try {
      return JSON.parse(readFileSync(this.#file("supervisor.json"), "utf8")) as RunningFile;
    } catch {
      return undefined;
    }
  }

  writeRunning(file: RunningFile): void {
    this.#replace("supervisor.json", JSON.stringify(file), 0o600);
  }

  clearRunning(): void {
    rmSync(this.#file("supervisor.json"), { force: true });
  }

  /** For links; hexadecimal. Made once. */
  secretHex(): string {
    return this.#secretFile("deployment-secret", () => randomBytes(32).toString("hex"));
  }

  operatorToken(): string {
    return this.#secretFile("operator-token", () => randomBytes(32).toString("base64url"));
  }

  siteDir(role: string, site: string): string {
    const path = role === "region" ? join(this.path, "regions", site) : join(this.path, site);
    mkdirSync(path, { recursive: true, mode: 0o700 });
    return path;
  }

  /** What a removed site had is kept, under a name that no region can have. */
  retireSite(site: string, at: Date): string | undefined {
    const isRegion = !RESERVED.includes(site);
    const from = isRegion ? join(this.path, "regions", site) : join(this.path, site);
    if (!existsSync(from)) return undefined;
    const name = `${site}.removed-${at.toISOString().replaceAll(":", "")}`;
    const to = join(this.path, "regions", name);
    renameSync(from, to);
    return to;
  }

  logFile(site: string): string {
    return join(this.path, "logs", `${site}.log`);
  }

  /** Everything that is ours, but not the lock; what somebody else put there stays. */
  deleteData(): void {
    if (!this.exists) return;
    for (const name of OURS) rmSync(this.#file(name), { recursive: true, force: true });
  }

  /** The directory itself, once nothing is left in it. */
  removeIfEmpty(): void {
    if (existsSync(this.path) && readdirSync(this.path).length === 0) rmdirSync(this.path);
  }

  #secretFile(name: string, make: () => string): string {
    const path = this.#file(name);
    if (!existsSync(path)) this.#replace(name, `${make()}\n`, 0o600);
    if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
    return readFileSync(path, "utf8").trim();
  }

  #replace(name: string, text: string, mode: number): void {
    const path = this.#file(name);
    const digest = createHash("sha256").update(text).digest("hex").slice(0, 8);
    const draft = `${path}.${process.pid}-${digest}`;
    writeFileSync(draft, text, { mode, flush: true });
    renameSync(draft, path);
  }

  #file(name: string): string {
    return join(this.path, name);
  }
}

/** Ids of regions as they were given, checked. */
export function checkRegions(regions: readonly RegionRef[]): readonly RegionRef[] {
  const ids = regions.map((region) => region.id);
  const fix = "Use 1 to 9 different ids of a-z, 0-9 and -, for example eu-west-1,ap-southeast-1.";
  for (const id of ids) {
    if (!REGION_ID.test(id) || RESERVED.includes(id)) {
      throw new ConfigurationError({ what: "a region's id is not usable", got: id, fix });
    }
  }
  if (ids.length === 0 || ids.length > MAX_REGIONS || new Set(ids).size < ids.length) {
    throw new ConfigurationError({ what: "the list of regions is not usable", got: ids, fix });
  }
  return regions;
}
