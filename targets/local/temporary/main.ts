/**
 * A deployment for one drill, in a process of its own: started by a message, stopped when the
 * channel to whoever started it closes, for whatever reason. *composition*
 */
import { fileURLToPath } from "node:url";
import { explainError } from "../../../base/errors.ts";
import type { OpenNews, OpenRequest } from "../open.ts";
import { loadDeployment } from "../supervisor/config-file.ts";
import { startDeployment } from "../supervisor/supervisor.ts";

const SERVE_LIMIT_MS = 45_000;

const program = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const tell = (news: OpenNews): void => {
  if (process.connected) process.send?.(news);
};
const gone = new AbortController();
process.once("disconnect", () => gone.abort());
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
  process.once(signal, () => gone.abort());
}

async function run({ dataDir, regions, configFile }: OpenRequest): Promise<void> {
  const named = configFile === undefined ? undefined : await loadDeployment(configFile);
  const chosen = regions?.map((id) => ({ id })) ?? named?.regions;
  const deployment = await startDeployment({
    dataDir,
    programs: {
      region: program("../region/main.js"),
      witness: program("../voter/witness-main.js"),
      "front-door": program("../front-door/main.js"),
    },
    httpPort: 0,
    signal: gone.signal,
    ...(chosen === undefined ? {} : { regions: chosen }),
    ...(configFile === undefined ? {} : { configFile }),
    ...(named?.leases === undefined ? {} : { leases: named.leases }),
    log: (line) => tell({ type: "log", line }),
  });
  gone.signal.addEventListener("abort", () => void deployment.stop());
  if (gone.signal.aborted) return deployment.stop();
  try {
    await deployment.whenServing(SERVE_LIMIT_MS);
    const { control, frontDoor } = await deployment.status();
    tell({ type: "serving", control, frontDoor: frontDoor ?? "" });
  } catch (error) {
    await deployment.stop();
    throw error;
  }
  await deployment.stopped;
}

process.once("message", (request: OpenRequest) => {
  run(request).then(
    () => process.exit(0),
    (error: unknown) => {
      tell({ type: "failed", reason: explainError(error) });
      process.exitCode = 1;
      if (process.connected) process.disconnect();
    },
  );
});
