/**
 * What a new deployment shows: sample content, loaded through the public API. *adapter*
 *
 * The apps bring it (apps/sample-content.ts); a build without it starts empty. Accounts are named
 * by role, and kept in a file that only the owner reads, so that later starts can show them again.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface DemoAccount {
  /** What the account is for, e.g. operator. */
  readonly role: string;
  readonly username: string;
  readonly password: string;
}

export interface SampleContentOptions {
  readonly frontDoor: string;
  readonly operatorToken: string;
  readonly dataDir: string;
  readonly log: (line: string) => void;
}

interface SampleContentModule {
  loadSampleContent(options: {
    readonly url: string;
    readonly operatorToken: string;
    readonly log: (line: string) => void;
  }): Promise<readonly DemoAccount[]>;
}

const MODULE = new URL("../apps/sample-content.js", import.meta.url).href;
const FILE = "demo-accounts.json";

/** Undefined when this build has none. */
export async function loadSampleContent(
  options: SampleContentOptions,
): Promise<readonly DemoAccount[] | undefined> {
  const module = await importIfThere<SampleContentModule>(MODULE);
  if (module === undefined) return undefined;
  const { frontDoor: url, operatorToken, log, dataDir } = options;
  const accounts = await module.loadSampleContent({ url, operatorToken, log });
  writeFileSync(join(dataDir, FILE), JSON.stringify(accounts), { mode: 0o600 });
  return accounts;
}

export function storedAccounts(dataDir: string): readonly DemoAccount[] {
  try {
    return JSON.parse(readFileSync(join(dataDir, FILE), "utf8")) as readonly DemoAccount[];
  } catch {
    return [];
  }
}

/** Undefined when that very module is missing; any other failure to load it is thrown. */
export async function importIfThere<Module>(url: string): Promise<Module | undefined> {
  try {
    return (await import(url)) as Module;
  } catch (error) {
    const { code, url: missing } = error as NodeJS.ErrnoException & { url?: string };
    if (code === "ERR_MODULE_NOT_FOUND" && (missing === undefined || missing === url))
      return undefined;
    throw error;
  }
}
