/**
 * A deployment for a benchmark that breaks things: real processes in a directory of their own, a
 * signed-in user, and a list of what went wrong, which is the exit status. *shell*
 */

import { type OpenTarget, openLocal } from "../targets/local/open.ts";
import { ask, signUp, until } from "../targets/local/tests/region-client.ts";

export interface Bench {
  readonly target: OpenTarget;
  /** In the order of the deployment's regions; they keep their addresses over restarts. */
  readonly urls: readonly string[];
  readonly token: string;
  readonly say: (line: string) => void;
  /** Notes something that must not be; the run goes on. */
  readonly fail: (what: string) => void;
  /** One region serves tickets, and every one is in sync. */
  readonly settled: (limitMs?: number) => Promise<number>;
  /** Stops everything and sets the exit status. */
  readonly close: () => Promise<void>;
}

const SETTLE_LIMIT_MS = 30_000;
const FAILURES_SHOWN = 20;

export async function openBench(options: { readonly configFile?: string } = {}): Promise<Bench> {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  const keepData = process.env["KEEP"] !== undefined;
  const target = await openLocal({ ...options, keepData, log: say });
  const failures: string[] = [];
  const urls = (await target.status()).regions.map(({ url }) => url ?? "");
  const isSettled = async (): Promise<boolean> => {
    const views = await Promise.all(
      urls.map((url) => ask(url, "/routing/apps/tickets", { limitMs: 1_000 })),
    );
    const serving = views.filter(({ body }) => body.holdsLease);
    return serving.length === 1 && serving[0]?.body.inSyncRegions.length === urls.length;
  };
  const settled = (limitMs = SETTLE_LIMIT_MS): Promise<number> =>
    until("one region serves and all are in sync", isSettled, limitMs);
  await settled();
  const token = await signUp(urls[0] ?? "", "requester");
  return {
    target,
    urls,
    token,
    say,
    settled,
    fail: (what) => {
      failures.push(what);
      if (failures.length <= FAILURES_SHOWN) say(`FAILED: ${what}`);
    },
    close: async () => {
      say(failures.length === 0 ? "all held" : `${failures.length} failures`);
      if (keepData) say(`kept: ${target.dataDir}`);
      process.exitCode = failures.length === 0 ? 0 : 1;
      await target.stop();
    },
  };
}
