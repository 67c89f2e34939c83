/**
 * Which regions there are: given, or learnt from a front door and learnt again when none of them
 * answers any more. *shell*
 *
 * Until a list has been learnt the front door itself is the one region, so that a page works while
 * only the front door can be reached.
 */
import type { ClientOptions } from "./client.ts";
import type { Knowledge, Region } from "./knowledge.ts";

interface DirectoryPorts {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly after: (delayMs: number, run: () => void) => () => void;
}

export interface Directory {
  /** What to begin with, before anything was learnt. */
  readonly first: readonly Region[];
  ready(): Promise<readonly Region[]> | readonly Region[];
  /** Asks again, at most every few seconds, when no region of the list answers. */
  refresh(knowledge: Knowledge): Promise<void>;
  /** A region is missing from the list: asks again, at most once a second. */
  missed(): Promise<readonly Region[]>;
}

const LEARN_MOST_MS = 2_000;
const LEARN_AGAIN_MS = 5_000;
const MISSED_AGAIN_MS = 1_000;

export function createDirectory(
  source: ClientOptions["regions"],
  ports: DirectoryPorts,
): Directory {
  if (typeof source === "function") return listed(() => source().map(checked));
  if (typeof source !== "string") {
    const regions = source.map(checked);
    if (regions.length === 0) throw new TypeError("regions: at least one is needed, got none");
    return listed(() => regions);
  }
  const door = checked({ id: "front-door", url: source });
  let current: readonly Region[] | undefined;
  let asked: Promise<void> | undefined;
  let askedAt = 0;

  const ask = async (): Promise<void> => {
    askedAt = ports.now();
    const controller = new AbortController();
    const cancel = ports.after(LEARN_MOST_MS, () => controller.abort());
    try {
      const url = `${door.url}/routing/regions`;
      const response = await ports.fetch(url, { cache: "no-store", signal: controller.signal });
      const learnt = response.ok ? regionsIn(await response.json()) : [];
      if (learnt.length > 0) current = learnt;
    } catch {
      // No list now: the front door itself has to do, and is asked again later.
    } finally {
      cancel();
    }
  };

  return {
    first: [door],
    ready() {
      const old = current === undefined && ports.now() - askedAt > LEARN_AGAIN_MS;
      if (asked === undefined || old) asked = ask();
      return current ?? asked.then(() => current ?? [door]);
    },
    async refresh(knowledge) {
      const lost = knowledge.regions.every((region) => knowledge.trouble.has(region.id));
      if (!lost || ports.now() - askedAt <= LEARN_AGAIN_MS) return;
      asked = ask();
      await asked;
    },
    async missed() {
      if (ports.now() - askedAt > MISSED_AGAIN_MS) asked = ask();
      await asked;
      return current ?? [door];
    },
  };
}

const listed = (regions: () => readonly Region[]): Directory => ({
  first: regions(),
  ready: regions,
  refresh: () => Promise.resolve(),
  missed: () => Promise.resolve(regions()),
});

function checked(region: Region): Region {
  if (!/^https?:\/\/[^/?#]+\/*$/.test(region.url)) {
    throw new TypeError(
      `regions: url must be an origin such as "https://eu.example.org", got "${region.url}"`,
    );
  }
  return { id: region.id, url: region.url.replace(/\/+$/, "") };
}

/** `[...]`, `{regions: [...]}` or `{items: [...]}`, of `{id, url}`. */
function regionsIn(body: unknown): readonly Region[] {
  const holder = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  const list = Array.isArray(body) ? body : (holder["items"] ?? holder["regions"]);
  if (!Array.isArray(list)) return [];
  const regions: Region[] = [];
  for (const item of list as Record<string, unknown>[]) {
    const { id, url } = item ?? {};
    if (typeof id !== "string" || typeof url !== "string") continue;
    if (/^https?:\/\/[^/?#]+\/*$/.test(url)) regions.push(checked({ id, url }));
  }
  return regions;
}
