/**
 * What a new deployment shows: the content that its apps declare, loaded through the public API.
 * *adapter*
 *
 * Accounts are named by role, and kept in a file that only the owner reads, so that later starts
 * can show them again. A deployment whose apps declare none starts empty, and says nothing of it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type {
  AppDefinition,
  SampleContentOptions,
  SampleCredentials,
} from "../layers/api/index.ts";

export async function loadSampleContent(
  { apps }: { readonly apps: readonly AppDefinition[] },
  options: SampleContentOptions,
): Promise<readonly SampleCredentials[]> {
  const accounts = new Map<string, SampleCredentials>();
  for (const { sampleContent } of apps) {
    // Apps may share an account; the first names its role.
    for (const one of (await sampleContent?.(options)) ?? []) {
      if (!accounts.has(one.username)) accounts.set(one.username, one);
    }
  }
  return [...accounts.values()];
}

const FILE = "demo-accounts.json";

export function storeAccounts(dataDir: string, accounts: readonly SampleCredentials[]): void {
  writeFileSync(join(dataDir, FILE), JSON.stringify(accounts), { mode: 0o600 });
}

export function storedAccounts(dataDir: string): readonly SampleCredentials[] {
  try {
    return JSON.parse(readFileSync(join(dataDir, FILE), "utf8")) as readonly SampleCredentials[];
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
